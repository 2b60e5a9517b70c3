// Before the first paint, so that nothing flashes: the colours that were chosen, else those of the system.
const chosen = localStorage.getItem('mantine-color-scheme-value');
const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.setAttribute(
  'data-mantine-color-scheme',
  chosen === 'light' || chosen === 'dark' ? chosen : isDark ? 'dark' : 'light',
);
