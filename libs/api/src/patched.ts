type Change<Whole> = { readonly [Key in keyof Whole]?: Whole[Key] | null };

/** A partial change applied: an absent field stays as it is, null clears it. */
export function patched<Whole extends object>(whole: Whole, change: Change<Whole>): Whole {
  const fields = Object.entries({ ...whole, ...change }).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(fields) as Whole;
}
