import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../../../extension/nodes/openssh/diagnosis.ts";

describe("the reason why ssh ended", () => {
  it.each([
    [
      "ssh: Could not resolve hostname nowhere: Name or service not known\r\n",
      "ssh-unresolved",
      { host: "nowhere" },
    ],
    [
      "ssh: connect to host 10.0.0.5 port 22: Connection refused\r\n",
      "ssh-refused",
      { host: "10.0.0.5", port: "22" },
    ],
    ["ssh: connect to host 10.0.0.5 port 22: Connection timed out\r\n", "ssh-timeout", { port: "22" }],
    ["ssh: connect to host 10.0.0.5 port 22: Operation timed out\r\n", "ssh-timeout", {}],
    ["ssh: connect to host 10.0.0.5 port 22: No route to host\r\n", "ssh-unreachable", {}],
    [
      "Connection timed out during banner exchange\r\nConnection to 10.0.0.5 port 22 timed out\r\n",
      "ssh-timeout",
      {},
    ],
    [
      "channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\nConnection closed by UNKNOWN port 65535\r\n",
      "ssh-unreachable",
      {},
    ],
    [
      "/home/me/.ssh/config: line 3: Bad configuration option: foo\r\n/home/me/.ssh/config: terminating, 1 bad configuration options\r\n",
      "ssh-config-invalid",
      { file: "/home/me/.ssh/config", line: "3", detail: "Bad configuration option: foo" },
    ],
    ['/home/me/.ssh/config line 4: Unsupported option "x"\r\n', "ssh-config-invalid", { line: "4" }],
    [
      "Bad owner or permissions on /home/me/.ssh/config\r\n",
      "ssh-config-invalid",
      { file: "/home/me/.ssh/config" },
    ],
    [
      "me@10.0.0.5: Permission denied (publickey,password).\r\n",
      "ssh-auth-failed",
      { user: "me", host: "10.0.0.5", methods: "publickey, password" },
    ],
    [
      "Received disconnect from 10.0.0.5 port 22:2: Too many authentication failures\r\nDisconnected from 10.0.0.5 port 22\r\n",
      "ssh-auth-failed",
      {},
    ],
    [
      "No ED25519 host key is known for h and you have requested strict checking.\r\nHost key verification failed.\r\n",
      "ssh-host-key-unknown",
      {},
    ],
    [
      "@@\r\n@       WARNING: REVOKED HOST KEY DETECTED!               @\r\nHost key verification failed.\r\n",
      "ssh-host-key-revoked",
      {},
    ],
    [
      "Unable to negotiate with 10.0.0.5 port 22: no matching host key type found. Their offer: ssh-rsa\r\n",
      "ssh-unsupported",
      { feature: "no matching host key type found. Their offer: ssh-rsa" },
    ],
    ["client_loop: send disconnect: Broken pipe\r\n", "ssh-connection-lost", {}],
    ["Connection to 10.0.0.5 closed by remote host.\r\n", "ssh-connection-lost", {}],
    [
      "ssh_askpass: exec(/tmp/x/askpass): Permission denied\r\nHost key verification failed.\r\n",
      "ssh-program",
      {},
    ],
    ["unknown option -- Z\r\nusage: ssh [-46AaCfGgKkMNnqsTtVvXxYy]\r\n", "ssh-program", {}],
    ["", "ssh-program", {}],
  ])("%j", (stderr, reason, facts) => {
    expect(diagnose(stderr)).toMatchObject({ reason, facts, busy: false });
  });

  it("a changed host key, with where the known one is and which one came", () => {
    const stderr = [
      "debug1: Server host key: ssh-ed25519 SHA256:new",
      "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
      "Offending ECDSA key in /home/me/.ssh/known_hosts:7",
      "Host key for [10.0.0.5]:2222 has changed and you have requested strict checking.",
      "Host key verification failed.",
    ].join("\r\n");
    expect(diagnose(stderr)).toMatchObject({
      reason: "ssh-host-key-changed",
      facts: { actual: "SHA256:new", file: "/home/me/.ssh/known_hosts", line: "7" },
    });
  });

  it("a server that takes nobody just now is told from a ProxyCommand that ended", () => {
    const closed = "kex_exchange_identification: Connection closed by remote host\r\n";
    expect(diagnose(`${closed}Connection closed by 10.0.0.5 port 22\r\n`)).toMatchObject({
      reason: "ssh-connection-lost",
      busy: true,
    });
    const gaveUp = `/bin/sh: 1: aws: not found\r\n${closed}Connection closed by UNKNOWN port 65535\r\n`;
    expect(diagnose(gaveUp)).toMatchObject({
      reason: "ssh-connection-lost",
      busy: false,
      detail: "the ProxyCommand gave up: /bin/sh: 1: aws: not found",
    });
  });

  it("what was tried", () => {
    const stderr = [
      "debug1: Next authentication method: publickey",
      "debug1: Offering public key: /home/me/.ssh/id RSA SHA256:abc explicit",
      "debug1: Next authentication method: password",
      "me@h: Permission denied (publickey,password).",
    ].join("\r\n");
    expect(diagnose(stderr).facts["tried"]).toBe("key /home/me/.ssh/id, password");
  });

  it("is found without ever throwing, on one line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (stderr) => {
        const { detail, facts } = diagnose(stderr);
        const broken = [detail, ...Object.values(facts)].filter((text) => /\p{Cc}/u.test(text));
        expect(broken).toEqual([]);
      }),
    );
  });

  it("is found in linear time", () => {
    const start = performance.now();
    for (const unit of ["a line 1", "ssh: ", "a@b: Permission denied (", "closed", "\n", "key in :1"])
      diagnose(unit.repeat(500_000));
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
