import type { ReactElement } from 'react';

export function TasksPage(): ReactElement {
  return <div />;
}
