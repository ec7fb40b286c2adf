/** The switch between the colours of the system, light and dark ones. The browser remembers the choice. */

const KEY = 'nest-socketio-theme';
const THEMES = ['auto', 'light', 'dark'] as const;

type Theme = (typeof THEMES)[number];

const LABELS: Readonly<Record<Theme, string>> = { auto: 'Auto', light: 'Light', dark: 'Dark' };

/** Makes a button the switch. */
export function switchTheme(button: HTMLElement): void {
  let theme = stored();
  const apply = (): void => {
    document.documentElement.dataset['theme'] = theme;
    button.textContent = `◐ ${LABELS[theme]}`;
    button.setAttribute('aria-label', `Colours: ${LABELS[theme]}`);
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // a browser may forbid it; the choice then lasts until the page is closed
    }
    apply();
  });
  apply();
}

function stored(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}
