import * as z from "zod/mini";
import { SandboxError } from "../core/errors.ts";
import { isExpired } from "./api-errors.ts";
import { Breath } from "./breath.ts";
import type { ApiRequest, KubeApi } from "./kube-api.ts";

export interface ListedObjects<T> {
  readonly objects: readonly T[];
  /** Of the list as a whole, to watch from. Opaque. */
  readonly resourceVersion: string;
}

export interface ListOptions<T> {
  readonly pageSize: number;
  /** undefined leaves the object out. */
  readonly trim: (raw: unknown) => T | undefined;
  readonly signal: AbortSignal;
  /** Told of each page when it comes. Where the list has to begin anew, its pages come again. */
  readonly onPage?: (
    objects: readonly T[],
    which: { readonly first: boolean; readonly last: boolean },
  ) => void;
}

const pageShape = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.nullish(z.string()) }),
  items: z.nullish(z.array(z.unknown())),
});

/** A continue token lives about five minutes; after this many that expired the list is asked for in one piece. */
const pagedAttempts = 2;
/** More than any cluster has, so that a server which always sends another token comes to an end. */
const maxPages = 20_000;

/** All objects of a list, page by page; when a continue token expires (410), again from the start. Throws SandboxError. */
export async function listObjects<T>(
  api: KubeApi,
  request: Omit<ApiRequest, "verb">,
  options: ListOptions<T>,
): Promise<ListedObjects<T>> {
  for (let attempt = 0; attempt < pagedAttempts; attempt += 1) {
    try {
      return await listPages(api, request, options);
    } catch (error) {
      if (!isExpired(error)) throw error;
    }
  }
  return listPages(api, request, { ...options, pageSize: 0 });
}

async function listPages<T>(
  api: KubeApi,
  request: Omit<ApiRequest, "verb">,
  { pageSize, trim, signal, onPage }: ListOptions<T>,
): Promise<ListedObjects<T>> {
  const objects: T[] = [];
  let next = "";
  for (let page = 0; page < maxPages; page += 1) {
    const query: Record<string, string | readonly string[]> = { ...request.query };
    if (pageSize > 0) query["limit"] = String(pageSize);
    if (next !== "") query["continue"] = next;
    const body = await api.json({ ...request, verb: "list", query }, signal);
    const shape = pageShape.safeParse(body);
    if (!shape.success)
      throw new SandboxError("api-error", `the list of ${request.resource} is not understood`);
    const paged: T[] = [];
    const items = shape.data.items ?? [];
    const breath = new Breath();
    // A large page has just been parsed, which took its time already.
    if (items.length > 100) await breath.take();
    for (const raw of items) {
      const object = trim(raw);
      if (object !== undefined) paged.push(object);
      if (breath.isDue()) await breath.take();
    }
    for (const object of paged) objects.push(object);
    next = shape.data.metadata.continue ?? "";
    onPage?.(paged, { first: page === 0, last: next === "" });
    if (next === "") return { objects, resourceVersion: shape.data.metadata.resourceVersion };
  }
  throw new SandboxError("api-error", `the list of ${request.resource} does not end`);
}
