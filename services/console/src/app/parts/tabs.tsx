import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';

/** Parts of a screen, each with an address of its own. */
export function Tabs(props: {
  readonly current: string;
  readonly label: string;
  readonly name?: string;
  readonly tabs: readonly (readonly [id: string, text: string, key?: string])[];
}): ReactElement {
  const name = props.name ?? 'tab';
  return (
    <nav className="tabs" aria-label={props.label}>
      {props.tabs.map(([id, text, key]) => (
        <Link
          key={id}
          to="."
          search={(old) => ({ ...(old as object), [name]: id }) as never}
          replace
          resetScroll={false}
          aria-current={id === props.current ? 'page' : undefined}
          data-key={key}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
