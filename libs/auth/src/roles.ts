/** Verbs on kinds of objects; what a route needs and what a role gives. */
export const PERMISSIONS = [
  'workspace.read',
  'workspace.create',
  'key.read',
  'key.manage',
  'connector.read',
  'source.read',
  'source.edit',
  /** Connect to the store behind a data source: check it, list its tables. */
  'source.use',
  'task.read',
  'task.edit',
  /** Give a task SQL statements of its own (`preSql`, `postSql`), which run in the target with the rights of its data source (S-40). */
  'task.sql',
  'task.run',
  'run.read',
  'run.control',
  'log.read',
  /** Records that could not be written: they hold data. */
  'dirty.read',
  'topic.read',
  /** Decoded batches: they hold data. */
  'message.read',
  'worker.read',
  /** Who did what. */
  'audit.read',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** Roles of a workspace, from the one that may do everything. */
export const ROLES = ['owner', 'admin', 'developer', 'operator', 'deployer', 'visitor', 'security'] as const;

export type Role = (typeof ROLES)[number];

/** Names of objects and figures about them, but nothing that holds data of the stores. */
const LOOK: readonly Permission[] = [
  'workspace.read',
  'connector.read',
  'source.read',
  'task.read',
  'run.read',
  'topic.read',
  'worker.read',
];

/** What each role may do; anything that is not listed is refused (S-3, S-11). */
export const GRANTS: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  owner: new Set(PERMISSIONS),
  admin: new Set(PERMISSIONS.filter((permission) => permission !== 'workspace.create')),
  developer: new Set<Permission>([
    ...LOOK,
    'source.edit',
    'source.use',
    'task.edit',
    'task.sql',
    'task.run',
    'run.control',
    'log.read',
    'dirty.read',
    'message.read',
  ]),
  operator: new Set<Permission>([
    ...LOOK,
    'source.use',
    'task.run',
    'run.control',
    'log.read',
    'dirty.read',
    'message.read',
  ]),
  deployer: new Set<Permission>([...LOOK, 'source.edit', 'source.use', 'task.edit']),
  visitor: new Set(LOOK),
  security: new Set<Permission>([
    'workspace.read',
    'worker.read',
    'run.read',
    'key.read',
    'key.manage',
    'audit.read',
  ]),
};

/** A role that nobody knows may do nothing. */
export function mayDo(role: string, permission: Permission): boolean {
  return Object.hasOwn(GRANTS, role) && GRANTS[role as Role].has(permission);
}

/** Whether somebody of one role may hand out another: never more than one has oneself. */
export function mayGive(giver: string, given: Role): boolean {
  return [...GRANTS[given]].every((permission) => mayDo(giver, permission));
}
