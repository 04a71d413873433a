import { ApiClient } from "./api-client.ts";
import { type KubeconfigPlace, resolveContext } from "./kubeconfig.ts";
import { Session } from "./session.ts";
import type { ClusterSettings } from "./source.ts";

/**
 * A client of one context's API server; nothing is asked of it yet. Throws `kubeconfig-missing`, `kubeconfig-invalid`,
 * `context-missing`.
 */
export async function openApiClient(
  settings: ClusterSettings,
  contextName: string,
  place: KubeconfigPlace,
): Promise<ApiClient> {
  const openSession = async (): Promise<Session> => {
    const resolved = await resolveContext(settings.kubeconfig, contextName, place);
    const { KubeConfig } = await import("./library.ts");
    return new Session(new KubeConfig(), resolved, place.env);
  };
  return new ApiClient(await openSession(), openSession, settings.timeoutMs);
}
