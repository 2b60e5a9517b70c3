import type { ReactElement } from 'react';

export function TopicPage(): ReactElement {
  return <div />;
}
