export { type AccessKey, hashSecret, newAccessKey, parseAccessKey, verifySecret } from './access-key.ts';
export { SecretBox, type SecretPlace } from './secret-box.ts';
export { loadKeyFile, loadTokenFile } from './key-file.ts';
export { Redactor } from './redactor.ts';
export { GRANTS, mayDo, mayGive, type Permission, PERMISSIONS, type Role, ROLES } from './roles.ts';
export { refuseWeak } from './weak-secret.ts';
export { requiredSetting } from './setting.ts';
