import { generateKeyPairSync, randomBytes } from "node:crypto";

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
