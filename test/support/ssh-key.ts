import ssh2 from "ssh2";

/** A key pair in OpenSSH's format, made without ssh-keygen. */
export function generateSshKey(options: { readonly passphrase?: string } = {}): {
  readonly private: string;
  readonly public: string;
} {
  const { passphrase } = options;
  for (;;) {
    const pair =
      passphrase === undefined
        ? ssh2.utils.generateKeyPairSync("ed25519")
        : ssh2.utils.generateKeyPairSync("ed25519", { passphrase, cipher: "aes256-ctr", rounds: 1 });
    // About one in 200 of the keys that ssh2 1.17 makes is malformed, and ssh2 itself cannot read it.
    if (!(ssh2.utils.parseKey(pair.private, passphrase) instanceof Error)) return pair;
  }
}
