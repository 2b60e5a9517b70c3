/** Looks again `every` milliseconds until `found` answers something else than undefined or false; throws after `patience` milliseconds. */
export async function until<T>(
  what: string,
  found: () => Promise<T | undefined | false>,
  { patience = 60_000, every = 20 } = {},
): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await found();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
