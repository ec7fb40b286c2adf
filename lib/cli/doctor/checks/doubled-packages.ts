import type { Check, Finding } from '../check.js';
import type { InstalledPackage } from '../installation.js';
import { packageManagerOf } from '../package-manager.js';

/** Packages whose classes and metadata the others look for: with a second copy, they are not found. */
const SINGLE = ['@nestjs/common', '@nestjs/core', '@nestjs/websockets', 'nest-socketio', 'reflect-metadata'];

/** Packages that import them. */
const IMPORTERS = [
  'nest-socketio',
  '@nestjs/core',
  '@nestjs/websockets',
  '@nestjs/platform-express',
  '@nestjs/platform-fastify',
];

/** Two copies of a package that must be there once: one for the application, one for a package that it uses. */
export const doubledPackages: Check = function* ({ packages, installation, project }): Iterable<Finding> {
  const { add, dedupe } = packageManagerOf(project);
  for (const { path, folder } of packages) {
    for (const name of SINGLE) {
      const own = installation.find(name, folder);
      if (own === null) continue;
      for (const importer of IMPORTERS) {
        const user = installation.find(importer, folder);
        const other = user === null ? null : installation.find(name, user.folder);
        if (other === null || other.folder === own.folder) continue;
        const copy = (found: InstalledPackage): string => `${found.version} in ${installation.shown(found.folder)}`;
        yield {
          level: 'problem',
          path,
          message: `${name} must be installed once, but the application has ${copy(own)}, and ${importer} has ${copy(other)}.`,
          fix: own.version === other.version ? dedupe : `${add} ${name}@${newer(own, other)}`,
        };
        break; // the importers share the second copy
      }
    }
  }
};

function newer(a: InstalledPackage, b: InstalledPackage): string {
  return a.version.localeCompare(b.version, 'en', { numeric: true }) > 0 ? a.version : b.version;
}
