import type { ReactElement } from 'react';

export function NewTaskPage(): ReactElement {
  return <div />;
}
export const TaskPage = NewTaskPage;
