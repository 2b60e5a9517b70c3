import type { ReactElement, ReactNode } from 'react';
import { useEffect } from 'react';

/** A screen: its title, what can be done, and its content. */
export function Page(props: {
  readonly title: string;
  readonly above?: ReactNode;
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}): ReactElement {
  useEffect(() => {
    document.title = `${props.title} · Sluice`;
  }, [props.title]);
  return (
    <>
      {props.above !== undefined && <div className="above dim">{props.above}</div>}
      <div className="page-head">
        <h1>{props.title}</h1>
        {props.beside}
        <div className="page-actions">{props.actions}</div>
      </div>
      {props.children}
    </>
  );
}

export function Card(props: {
  readonly title?: string;
  readonly beside?: ReactNode;
  readonly children: ReactNode;
  readonly id?: string;
}): ReactElement {
  return (
    <section className="card" id={props.id} aria-label={props.title}>
      {props.title !== undefined && (
        <div className="card-head">
          <h2>{props.title}</h2>
          {props.beside}
        </div>
      )}
      {props.children}
    </section>
  );
}

/** Says what a place is for, why it is empty, and what to do about it. */
export function Empty(props: {
  readonly title: string;
  readonly why: string;
  readonly children?: ReactNode;
}): ReactElement {
  return (
    <div className="empty">
      <strong>{props.title}</strong>
      <span className="dim">{props.why}</span>
      {props.children}
    </div>
  );
}

/** Grey bars where something will be in a moment. */
export const Waiting = (): ReactElement => (
  <div className="waiting" aria-busy="true">
    <span />
    <span />
    <span />
  </div>
);
