import * as l10n from "@vscode/l10n";

/**
 * The cause of an error as its fact names it, in the reader's language: `nodes/` and `cluster/` say it in English, for
 * the log too. What programs, libraries and servers say of themselves is none of these, and stays as it is.
 */
export function causeWords(cause: string): string {
  switch (cause) {
    case "DSA keys are not supported":
      return l10n.t("DSA keys are not supported");
    case "FIDO keys":
      return l10n.t("FIDO keys");
    case "Kerberos (GSSAPIAuthentication)":
      return l10n.t("Kerberos (GSSAPIAuthentication)");
    case "PKCS#11 keys (PKCS11Provider)":
      return l10n.t("PKCS#11 keys (PKCS11Provider)");
    case "PKCS#8 is not supported: convert it with ssh-keygen -p -f FILE":
      return l10n.t("PKCS#8 is not supported: convert it with ssh-keygen -p -f FILE");
    case "PuTTY's format is not supported: export it as an OpenSSH key (PuTTYgen, Conversions)":
      return l10n.t("PuTTY's format is not supported: export it as an OpenSSH key (PuTTYgen, Conversions)");
    case "a list of revoked host keys (RevokedHostKeys)":
      return l10n.t("a list of revoked host keys (RevokedHostKeys)");
    case "a network interface of its own (BindInterface)":
      return l10n.t("a network interface of its own (BindInterface)");
    case "a socket from a program (ProxyUseFdpass)":
      return l10n.t("a socket from a program (ProxyUseFdpass)");
    case "an own address by its name (BindAddress)":
      return l10n.t("an own address by its name (BindAddress)");
    case "debugPod is a way onto the nodes of clusters, not onto hosts without one":
      return l10n.t("debugPod is a way onto the nodes of clusters, not onto hosts without one");
    case "doas wants a password, which it reads from a terminal only: a rule with nopass is needed":
      return l10n.t(
        "doas wants a password, which it reads from a terminal only: a rule with nopass is needed",
      );
    case "host certificates (@cert-authority)":
      return l10n.t("host certificates (@cert-authority)");
    case "host key algorithms other than the usual (HostKeyAlgorithms)":
      return l10n.t("host key algorithms other than the usual (HostKeyAlgorithms)");
    case "host keys from a program (KnownHostsCommand)":
      return l10n.t("host keys from a program (KnownHostsCommand)");
    case "host keys from the DNS (VerifyHostKeyDNS)":
      return l10n.t("host keys from the DNS (VerifyHostKeyDNS)");
    case "host-based logins (HostbasedAuthentication)":
      return l10n.t("host-based logins (HostbasedAuthentication)");
    case "it allows no more attempts; name the key that it takes with IdentityFile in your SSH config, and set IdentitiesOnly yes":
      return l10n.t(
        "it allows no more attempts; name the key that it takes with IdentityFile in your SSH config, and set IdentitiesOnly yes",
      );
    case "it ended at once":
      return l10n.t("it ended at once");
    case "it ended without saying why":
      return l10n.t("it ended without saying why");
    case "it has ended":
      return l10n.t("it has ended");
    case "it holds no private key":
      return l10n.t("it holds no private key");
    case "it is a public key and the agent does not hold the private one":
      return l10n.t("it is a public key and the agent does not hold the private one");
    case "it is being deleted":
      return l10n.t("it is being deleted");
    case "it is damaged":
      return l10n.t("it is damaged");
    case "it is not installed":
      return l10n.t("it is not installed");
    case "it needs a passphrase, and BatchMode lets nobody be asked":
      return l10n.t("it needs a passphrase, and BatchMode lets nobody be asked");
    case "it runs on another machine than the node":
      return l10n.t("it runs on another machine than the node");
    case "its nodes run Linux, and this is another system":
      return l10n.t("its nodes run Linux, and this is another system");
    case "keys on a FIDO security key are not supported: use another key":
      return l10n.t("keys on a FIDO security key are not supported: use another key");
    case "names completed by the DNS (CanonicalizeHostname)":
      return l10n.t("names completed by the DNS (CanonicalizeHostname)");
    case "nothing was accepted":
      return l10n.t("nothing was accepted");
    case "the connection ended without an exit status: the answer may be cut":
      return l10n.t("the connection ended without an exit status: the answer may be cut");
    case "the connection was closed":
      return l10n.t("the connection was closed");
    case "the extensions run in a container here, which does not show the node's processes":
      return l10n.t("the extensions run in a container here, which does not show the node's processes");
    case "the installed ssh":
      return l10n.t("the installed ssh");
    case "the password has expired":
      return l10n.t("the password has expired");
    case "the program ended without a word":
      return l10n.t("the program ended without a word");
    case "the server closed the connection":
      return l10n.t("the server closed the connection");
    case "the server gives no terminal":
      return l10n.t("the server gives no terminal");
    case "the server runs no commands":
      return l10n.t("the server runs no commands");
    case "there is no such file":
      return l10n.t("there is no such file");
    case "user certificates":
      return l10n.t("user certificates");
    default:
      return cause;
  }
}
