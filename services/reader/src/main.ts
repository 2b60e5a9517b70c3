import { hostWorker } from '@sluice/worker-host';

await hostWorker('read');
