import { isIP } from "node:net";
import { readTextFile } from "./config-files.ts";
import { isOnlyCertified, maxKnownHostsBytes } from "./known-hosts.ts";
import type { ConfigValues } from "./ssh-config.ts";
import type { SshTarget } from "./target.ts";

type Resolved = Pick<SshTarget, "hostKey" | "auth" | "host"> & {
  /** Neither a jump host nor a ProxyCommand leads there. */
  readonly direct: boolean;
};

/**
 * What only the installed ssh can do of what a configuration asks for, in words for people. ssh2 knows no certificates,
 * no FIDO or PKCS#11 keys, no GSSAPI and no lists of revoked keys.
 *
 * GSSAPIAuthentication and HostbasedAuthentication count only where the user's own file sets them: distributions switch
 * them on for everybody in the machine's.
 */
export async function findNeeds(values: ConfigValues, target: Resolved): Promise<readonly string[]> {
  const isSet = (keyword: string): boolean =>
    !["none", "no"].includes(values.first(keyword)?.toLowerCase() ?? "no");
  const isUsers = (keyword: string): boolean => isSet(keyword) && values.isUsers(keyword);
  const bind = values.first("bindaddress");
  const [certificates, securityKeys] = await Promise.all([
    values.all("certificatefile")?.some((file) => file.toLowerCase() !== "none") === true ||
      hasCertificates(target),
    hasSecurityKeys(values, target),
  ]);
  const needs: readonly (readonly [boolean, string])[] = [
    [certificates, "user certificates"],
    [securityKeys, "FIDO keys"],
    [isSet("pkcs11provider"), "PKCS#11 keys (PKCS11Provider)"],
    [isUsers("gssapiauthentication"), "Kerberos (GSSAPIAuthentication)"],
    [isUsers("hostbasedauthentication"), "host-based logins (HostbasedAuthentication)"],
    [await needsHostCertificate(target), "host certificates (@cert-authority)"],
    [target.hostKey.algorithms.length === 0, "host key algorithms other than the usual (HostKeyAlgorithms)"],
    [isSet("revokedhostkeys"), "a list of revoked host keys (RevokedHostKeys)"],
    [isSet("knownhostscommand"), "host keys from a program (KnownHostsCommand)"],
    [isSet("verifyhostkeydns"), "host keys from the DNS (VerifyHostKeyDNS)"],
    [isSet("bindinterface"), "a network interface of its own (BindInterface)"],
    [bind !== undefined && isIP(bind) === 0, "an own address by its name (BindAddress)"],
    [isSet("proxyusefdpass") && isSet("proxycommand"), "a socket from a program (ProxyUseFdpass)"],
    [isCanonicalized(values, target), "names completed by the DNS (CanonicalizeHostname)"],
  ];
  return needs.flatMap(([needed, words]) => (needed ? [words] : []));
}

/** ssh offers a certificate that lies beside a key (ssh(1) -i). */
async function hasCertificates(target: Resolved): Promise<boolean> {
  const files = target.auth.identityFiles.map(({ path }) => readText(`${path}-cert.pub`));
  return (await Promise.all(files)).some((text) => text !== undefined);
}

async function hasSecurityKeys(values: ConfigValues, target: Resolved): Promise<boolean> {
  const configured = target.auth.identityFiles.map(({ path }) => path);
  const defaults = values.all("identityfile") === undefined ? configured.map((path) => `${path}_sk`) : [];
  // A public key may be named instead, where the agent has the other half.
  const files = [...configured, ...defaults].map((path) =>
    readText(path.endsWith(".pub") ? path : `${path}.pub`),
  );
  return (await Promise.all(files)).some((text) => text?.startsWith("sk-") === true);
}

/** What cannot be read is no need; who uses it says what is wrong. */
async function readText(path: string): Promise<string | undefined> {
  return readTextFile(path, undefined, maxKnownHostsBytes).catch(() => undefined);
}

/** An authority vouches for the host, and no key of its own is known. */
async function needsHostCertificate({ hostKey }: Resolved): Promise<boolean> {
  const texts = await Promise.all([...hostKey.userFiles, ...hostKey.systemFiles].map(readText));
  return isOnlyCertified(texts.join("\n"), hostKey);
}

/** Whether ssh would try the names of CanonicalDomains (ssh.c resolve_canonicalize). */
function isCanonicalized(values: ConfigValues, { host, direct }: Resolved): boolean {
  const mode = values.first("canonicalizehostname") ?? "no";
  if (mode === "no" || (!direct && mode !== "always") || isIP(host) !== 0) return false;
  const isGiven = (keyword: string): boolean =>
    !["none", undefined].includes(values.first(keyword)?.toLowerCase());
  const dots = host.split(".").length - 1;
  const isShort = !host.endsWith(".") && dots <= Number(values.first("canonicalizemaxdots") ?? 1);
  return (isShort && isGiven("canonicaldomains")) || isGiven("canonicalizepermittedcnames");
}
