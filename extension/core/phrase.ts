/** A piece of a text; pieces are joined as they are, spaces included. */
export interface Run {
  readonly text: string;
  readonly strong: boolean;
}

export type Sentence = readonly Run[];

/**
 * Fills a translated template: "{0}" is its first value, and what is between two "**" is strong. Values are put in last,
 * so that nothing in a name can make a placeholder or a mark.
 */
export function phrase(template: string, ...values: readonly (string | number | Sentence)[]): Sentence {
  const runs = template.split("**").flatMap((part, index) =>
    part.split(/(?=\{\d\})|(?<=\{\d\})/).flatMap((piece): Sentence => {
      const strong = index % 2 === 1;
      const place = /^\{(\d)\}$/.exec(piece)?.[1];
      const value = place === undefined ? piece : (values[Number(place)] ?? "");
      return typeof value === "object" ? value : [{ text: String(value), strong }];
    }),
  );
  return runs.reduce<Run[]>((merged, run) => {
    const last = merged.at(-1);
    if (last?.strong === run.strong) merged.splice(-1, 1, { ...run, text: last.text + run.text });
    else if (run.text !== "") merged.push(run);
    return merged;
  }, []);
}
