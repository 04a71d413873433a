import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askSsh, askUs, comparable, type Outcome } from "../../support/ssh-g.ts";

const hasSsh = (() => {
  try {
    execFileSync("ssh", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** What the tools of clouds, of vendors and of distributions write, or tell to write, side by side in one file. */
const laptop = `# SRE laptop
IgnoreUnknown UseKeychain,AddKeysToAgent
Include ~/.orbstack/ssh/config
Include @DIR/colima/*

Host i-* mi-*
    User ec2-user
    ProxyCommand sh -c "aws ssm start-session --target %h --document-name AWS-StartSSHSession --parameters 'portNumber=%p'"

Host gke-*
    ProxyCommand gcloud compute start-iap-tunnel %h %p --listen-on-stdin --project=my-proj --zone=europe-west1-b --verbosity=warning
    CheckHostIP no
    HostKeyAlias compute.%n
    IdentityFile ~/.ssh/google_compute_engine
    UserKnownHostsFile=~/.ssh/google_compute_known_hosts
    IdentitiesOnly=yes
    CheckHostIP=no

# Begin generated Teleport configuration for teleport.example.com
Host *.x.example.com teleport.example.com
    UserKnownHostsFile "/Users/me/.tsh/known_hosts"
    IdentityFile "/Users/me/.tsh/keys/teleport.example.com/me"
    CertificateFile "/Users/me/.tsh/keys/teleport.example.com/me-ssh/x-cert.pub"
    HostKeyAlgorithms rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com

Host *.x.example.com !teleport.example.com
    Port 3022
    User core
    ProxyCommand "/usr/local/bin/tsh" proxy ssh --cluster=x --proxy=teleport.example.com:443 %r@%h:%p

Host az-vm-1
	HostName 20.1.2.3
	User me@example.com
	CertificateFile "/home/me/az_ssh_config/rg-vm/id_rsa.pub-aadcert.pub"
	IdentityFile "/home/me/az_ssh_config/rg-vm/id_rsa"

Host onep
  IdentityAgent "~/Library/Group Containers/2BUA8C4S2C.com.1password/t/agent.sock"

Match host *.internal exec "true %h && test -n x"
   ProxyJump bastion
Match host *.corp !exec "nc -z -w 1 %h %p"
   ProxyJump bastion.corp.example.com

Host * !bastion
  ControlMaster auto
  ControlPath ~/.ssh/cm-%r@%h:%p
  ControlPersist 10m
  
Host bastion
  HostName bastion.example.com
  ForwardAgent yes
  DynamicForward 1080
  LocalForward 8080 localhost:80
  RemoteForward 52698 127.0.0.1:52698
  PermitLocalCommand yes
  LocalCommand echo %h

Host *.krb
  GSSAPIAuthentication yes
  GSSAPIDelegateCredentials yes
  GSSAPIKeyExchange yes

Host win
  IdentityFile C:\\Users\\me\\.ssh\\id_ed25519
  UserKnownHostsFile C:\\Users\\me\\.ssh\\known_hosts
Host win2
  IdentityFile "C:\\Users\\me me\\.ssh\\id_ed25519"
Host win3
  IdentityFile C:/Users/me/.ssh/id_ed25519
Host old
  HostKeyAlgorithms +ssh-rsa,ssh-dss
  PubkeyAcceptedKeyTypes +ssh-rsa
  KexAlgorithms +diffie-hellman-group1-sha1
  Ciphers +aes128-cbc
  MACs +hmac-sha1
Host vagrant
  HostName 127.0.0.1
  User vagrant
  Port 2222
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile /home/me/proj/.vagrant/machines/default/virtualbox/private_key
  IdentitiesOnly yes
  LogLevel FATAL
Host github.com
  AddKeysToAgent yes
  IdentityFile ~/.ssh/id_ed25519_sk
Host *
  SetEnv TERM=xterm-256color FOO="a b"
  SendEnv LANG LC_*
  UseKeychain yes
  AddKeysToAgent yes
  ServerAliveInterval 60
  TCPKeepAlive yes
  HashKnownHosts yes
  VisualHostKey no
  VerifyHostKeyDNS no
  UpdateHostKeys yes
  Compression yes
  RekeyLimit 1G 1h
  IPQoS lowdelay throughput
  ExitOnForwardFailure no
  PreferredAuthentications publickey
`;

/** As Lima and Colima write it. */
const colima = `Host colima
  IdentityFile /Users/me/.colima/_lima/_config/user
  IdentityFile "/Users/me/.lima/_config/user"
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  NoHostAuthenticationForLocalhost yes
  GSSAPIAuthentication no
  PreferredAuthentications publickey
  Compression no
  BatchMode yes
  IdentitiesOnly yes
  Ciphers "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"
  User me
  ControlMaster auto
  ControlPath "/Users/me/.colima/_lima/colima/ssh.sock"
  ControlPersist yes
  Hostname 127.0.0.1
  Port 50022
`;

let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "laptop-"));
  path = join(folder, "config");
  await mkdir(join(folder, "colima"));
  await writeFile(path, laptop.replaceAll("@DIR", folder), { mode: 0o600 });
  await writeFile(join(folder, "colima", "ssh_config"), colima, { mode: 0o600 });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const hosts =
  "i-0123456789abcdef0 mi-0a1b gke-a-b-c n1.x.example.com teleport.example.com az-vm-1 onep db.internal db.corp bastion " +
  "a.krb win win2 win3 old vagrant github.com colima ip-10-0-0-1.eu-west-1.compute.internal worker_1 10.0.0.1 fd00::1";

describe.skipIf(!hasSsh)("the config of a laptop (needs ssh)", () => {
  it.each(hosts.split(" "))("leads to %s as ssh goes", async (host) => {
    const [theirs, ours] = await Promise.all([askSsh(path, host), askUs(path, host)]);
    expect(theirs).not.toHaveProperty("refused");
    const [expected, actual] = comparable(theirs, ours);
    expect(actual).toEqual(expected);
  });
});

describe("the programs that lead to clouds", () => {
  const commandTo = async (host: string): Promise<string> => {
    const ours: Outcome = await askUs(path, host);
    return "refused" in ours ? ours.refused : ours.proxyCommand;
  };

  it.each([
    [
      "i-0123456789abcdef0",
      `sh -c "aws ssm start-session --target i-0123456789abcdef0 --document-name AWS-StartSSHSession --parameters 'portNumber=22'"`,
    ],
    [
      "gke-a",
      "gcloud compute start-iap-tunnel gke-a 22 --listen-on-stdin --project=my-proj --zone=europe-west1-b --verbosity=warning",
    ],
    [
      "n1.x.example.com",
      '"/usr/local/bin/tsh" proxy ssh --cluster=x --proxy=teleport.example.com:443 core@n1.x.example.com:3022',
    ],
  ])("to %s are run as they are written", async (host, command) => {
    expect(await commandTo(host)).toBe(command);
  });
});
