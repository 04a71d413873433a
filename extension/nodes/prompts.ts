/** Where a server stands that we have to ask about. */
export interface HostKeyQuestion {
  readonly host: string;
  readonly port: number;
  /** Such as "ssh-ed25519". */
  readonly keyType: string;
  /** "SHA256:..." as OpenSSH prints it. */
  readonly fingerprint: string;
  /** Other names under which known_hosts has this very key; "(hashed)" where the name cannot be told. Untrusted text. */
  readonly knownAs: readonly string[];
  /** The file that the key is added to on consent; undefined = it is remembered until the window closes. */
  readonly file: string | undefined;
}

export interface PassphraseQuestion {
  readonly keyFile: string;
  /** 1, 2 or 3. */
  readonly attempt: number;
}

/** What the user typed. */
export interface SecretAnswer {
  readonly secret: string;
  /** The user said that it is to be kept beyond this window, in the vault. */
  readonly keep: boolean;
}

export interface PasswordQuestion {
  /** What it is for: to log in, or to become root once logged in. */
  readonly purpose: "login" | "root";
  readonly user: string;
  readonly host: string;
  /** 1, 2 or 3. */
  readonly attempt: number;
  /** What the server asks for, such as "Verification code:"; untrusted text, one line. undefined = a plain password. */
  readonly prompt: string | undefined;
  /** Whether the answer may be seen while typed. */
  readonly echo: boolean;
}

/**
 * Questions to the user. `undefined` says that the user gave up, which ends the attempt as `cancelled`.
 * When `signal` aborts nobody waits for the answer any more: the question should go away.
 */
export interface SshPrompts {
  confirmHostKey(question: HostKeyQuestion, signal: AbortSignal): Promise<boolean>;
  passphrase(question: PassphraseQuestion, signal: AbortSignal): Promise<SecretAnswer | undefined>;
  password(question: PasswordQuestion, signal: AbortSignal): Promise<SecretAnswer | undefined>;
  /** Shows what the user is to do, such as to touch a security key, until `signal` aborts. One line, untrusted. */
  notice?(text: string, signal: AbortSignal): void;
}

/** Where secrets outlive the window (VS Code's SecretStorage), when the user says so of each. Never throws. */
export interface SecretVault {
  read(key: string): Promise<string | undefined>;
  write(key: string, secret: string): Promise<void>;
  forget(key: string): Promise<void>;
}
