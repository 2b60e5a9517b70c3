import type { ReactElement } from 'react';

const WIDTH = 160;
const HEIGHT = 36;

/** A line of the last figures; the figure itself stands beside it in words. */
export function Sparkline({ values }: { readonly values: readonly number[] }): ReactElement | null {
  if (values.length < 2) return null;
  const most = Math.max(...values, 1);
  const points = values.map((value, at) => {
    const x = (at / (values.length - 1)) * WIDTH;
    const y = HEIGHT - 2 - (value / most) * (HEIGHT - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <polygon points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} className="sparkline-area" />
      <polyline points={points.join(' ')} className="sparkline-line" />
    </svg>
  );
}
