export { endParameters } from './end-parameters.ts';
export { connectorNames, loadConnector } from './registry.ts';
export { connectorForUrl, type ParsedEnd } from './end-url.ts';
