import type { ReactElement } from 'react';

export function TopicsPage(): ReactElement {
  return <div />;
}
