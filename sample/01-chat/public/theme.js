// Light or dark: follows the system until the visitor chooses. Loaded before the first paint, so that nothing flashes.
(() => {
  const STORED = 'chat.theme';
  const system = matchMedia('(prefers-color-scheme: dark)');
  const current = () => localStorage.getItem(STORED) ?? (system.matches ? 'dark' : 'light');

  function show() {
    const theme = current();
    document.documentElement.dataset.theme = theme;
    document.querySelector('meta[name="theme-color"]').content = theme === 'dark' ? '#191b1d' : '#f1eee8';
  }

  system.addEventListener('change', show);
  document.addEventListener('click', (event) => {
    if (!event.target.closest('[data-testid="theme-toggle"]')) return;
    localStorage.setItem(STORED, current() === 'dark' ? 'light' : 'dark');
    show();
  });
  show();
})();
