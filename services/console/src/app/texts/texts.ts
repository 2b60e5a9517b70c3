import en from './en.json';

export type TextKey = keyof typeof en;
export type Language = 'en' | 'zh-CN';

const KEPT = 'sluice-language';

let texts: Readonly<Record<TextKey, string>> = en;
let language: Language = 'en';

/** The language that was chosen here, else the first of the browser's that there is. */
export function chosenLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'en' || kept === 'zh-CN') return kept;
  return navigator.languages.find((one) => /^(en|zh)\b/.test(one))?.startsWith('zh') === true
    ? 'zh-CN'
    : 'en';
}

/** Loads the texts of a language; every text that is asked for after that is in it. */
export async function useTexts(wanted: Language): Promise<void> {
  texts = wanted === 'en' ? en : (await import('./zh-CN.json')).default;
  language = wanted;
  document.documentElement.lang = wanted;
}

/** Keeps the choice and shows the page in it. */
export function chooseLanguage(wanted: Language): void {
  localStorage.setItem(KEPT, wanted);
  location.reload();
}

export const currentLanguage = (): Language => language;

/** A text by its key; `{name}` in it stands for what is given under that name. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return texts[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
