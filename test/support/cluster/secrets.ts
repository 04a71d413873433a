import { generateKeyPairSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { command } from "./command.ts";

/** A bearer token nobody can guess. */
export function newToken(): string {
  return randomBytes(24).toString("hex");
}

/** An RSA private key in PEM: kube-apiserver wants one to sign service account tokens, though nobody uses these. */
export function newRsaKey(): string {
  return generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
}

/** Paths of PEM files. */
export interface ClientCertificate {
  /** Signed by itself: it is its own authority too. */
  readonly certificate: string;
  readonly key: string;
}

/** A certificate for a client that may do everything, good for a day. */
export async function newClientCertificate(folder: string, name: string): Promise<ClientCertificate> {
  const [certificate, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  await command("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
    ...["-subj", `/O=system:masters/CN=${name}`, "-addext", "extendedKeyUsage=clientAuth"],
    ...["-keyout", key, "-out", certificate],
  ]);
  return { certificate, key };
}
