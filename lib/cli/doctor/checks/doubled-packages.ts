import type { Check, Facts, Finding } from '../check.js';
import type { InstalledPackage } from '../installation.js';
import { packageManagerOf } from '../../project/package-manager.js';

const US = 'nest-socketio';

/** Packages whose classes others compare by identity: a class of a second copy is another class. */
const SINGLE = ['@nestjs/common', '@nestjs/core', '@nestjs/websockets'];

/** Packages that import them. */
const IMPORTERS = [US, '@nestjs/core', '@nestjs/websockets', '@nestjs/platform-express', '@nestjs/platform-fastify'];

/** Two copies of a package that must be there once: one for the application, one for a package that it uses. */
export const doubledPackages: Check = function* (facts): Iterable<Finding> {
  const { packages, installation, project } = facts;
  const { add, dedupe } = packageManagerOf(project);
  for (const { path, folder } of packages) {
    for (const name of SINGLE) {
      const own = installation.find(name, folder);
      if (own === null) continue;
      for (const importer of IMPORTERS) {
        const user = installation.find(importer, folder);
        const other = user === null ? null : installation.find(name, user.folder);
        if (other === null || other.folder === own.folder) continue;
        const copies = `the application has ${shown(facts, own)}, and ${importer} has ${shown(facts, other)}`;
        const fix = own.version === other.version ? dedupe : `${add} ${name}@${newer(own, other)}`;
        yield { level: 'problem', path, message: `${name} must be installed once, but ${copies}.`, fix };
        break; // the importers share the second copy
      }
    }
  }
  yield* ownCopies(facts);
};

/** Copies of nest-socketio for several packages of the project, which one application may or may not load. */
function* ownCopies(facts: Facts): Iterable<Finding> {
  const { packages, installation, project } = facts;
  const [first, ...others] = packages.flatMap(({ path, folder }) => {
    const found = installation.find(US, folder);
    return found === null ? [] : [{ path, found }];
  });
  for (const { path, found } of others) {
    if (first === undefined || found.folder === first.found.folder) continue;
    const copies = `${first.path} has ${shown(facts, first.found)}, and this one ${shown(facts, found)}`;
    const message = `Packages of one application must share a copy of ${US}, but ${copies}.`;
    yield { level: 'hint', path, message, fix: packageManagerOf(project).dedupe };
  }
}

function shown({ installation }: Facts, { version, folder }: InstalledPackage): string {
  return `${version} in ${installation.shown(folder)}`;
}

function newer(a: InstalledPackage, b: InstalledPackage): string {
  return a.version.localeCompare(b.version, 'en', { numeric: true }) > 0 ? a.version : b.version;
}
