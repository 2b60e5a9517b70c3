export { type CastType, castText, parseCast } from './cast-type.ts';
export { compileMapping } from './compiled-mapping.ts';
export { type MappingPlan, planMapping, type PlanFacts } from './mapping-plan.ts';
export { effectiveParameters, type ParameterValues } from './parameters.ts';
export { mappedSchema, needsMapStage, readColumns } from './projection.ts';
export { resolveMapping } from './resolution.ts';
export type {
  FieldProblem,
  FieldVerdict,
  MappingResolution,
  ResolvedField,
  ResolvedMapping,
  Verdict,
} from './resolved-field.ts';
export { verdictOf } from './verdict.ts';
