/** Shorter values would blot out ordinary words. */
const SHORTEST = 4;

/** Replaces live secret values, and their URL and base64 forms, in everything that leaves the process (S-27). */
export class Redactor {
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  add(secret: string): void {
    if (secret.length < SHORTEST) return;
    const plain = Buffer.from(secret);
    const forms = [
      secret,
      encodeURIComponent(secret),
      plain.toString('base64'),
      JSON.stringify(secret).slice(1, -1),
    ];
    for (const form of forms) this.#forms.add(form);
    this.#pattern = undefined;
  }

  redact(text: string): string {
    if (this.#forms.size === 0) return text;
    this.#pattern ??= new RegExp(
      [...this.#forms]
        .sort((a, b) => b.length - a.length)
        .map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('|'),
      'g',
    );
    return text.replace(this.#pattern, '***');
  }
}
