import { posix } from 'node:path';
import { loadCompiler } from './compiler.js';
import { gatewayCode, type GatewayDescription, gatewaySpec } from './gateway-code.js';
import { addToModule } from './module-file.js';
import { findNearestModule } from './nearest-module.js';
import { readText, type Rule, type Tree } from './tree.js';

/** Options of `nest generate -c nest-socketio gateway <name>`, see `gateway.schema.json`. */
export interface GatewaySchematicOptions {
  readonly name: string;
  readonly path?: string;
  readonly namespace?: string;
  readonly sourceRoot?: string;
  readonly flat?: boolean;
  readonly spec?: boolean;
  readonly specFileSuffix?: string;
  readonly skipImport?: boolean;
  readonly language?: string;
}

/** Creates a gateway and its test, and adds the gateway to the providers of the nearest module. */
export function gateway(options: GatewaySchematicOptions): Rule {
  return async (tree, { logger }) => {
    const { sourceRoot = 'src', path = '', spec = true, specFileSuffix = 'spec', language = 'ts' } = options;
    if (language !== 'ts') throw new Error(`a gateway must be TypeScript, got --language=${language}`);
    const name = kebabCase(posix.basename(options.name));
    const parent = posix.join('/', sourceRoot, path, kebabCase(posix.dirname(options.name)));
    const folder = options.flat === false ? posix.join(parent, name) : parent;
    const extension = isEsm(tree) ? '.js' : '';
    const description: GatewayDescription = {
      className: `${pascalCase(name)}Gateway`,
      specifier: `./${name}.gateway${extension}`,
      namespace: posix.join('/', options.namespace ?? ''),
    };
    tree.create(`${folder}/${name}.gateway.ts`, gatewayCode(description));
    if (spec) tree.create(`${folder}/${name}.gateway.${specFileSuffix}.ts`, gatewaySpec(description));
    if (options.skipImport === true) return;

    const { className } = description;
    const target = findNearestModule(tree, folder);
    if (target === null) {
      logger.warn(`Found no module in ${folder.slice(1)} or above it. Add ${className} to the providers of a module.`);
      return;
    }
    const relative = posix.relative(posix.dirname(target.path), folder);
    const from = `./${posix.join(relative, `${name}.gateway${extension}`)}`;
    const code = addToModule(loadCompiler(), readText(tree, target.path) as string, {
      list: 'providers',
      code: className,
      name: className,
      from,
    });
    if (code === null)
      logger.warn(`Add ${className} to the providers in ${target.path.slice(1)}: its @Module() is not an object.`);
    else tree.overwrite(target.path, code);
  };
}

function isEsm(tree: Tree): boolean {
  const manifest = JSON.parse(readText(tree, '/package.json') ?? '{}') as { readonly type?: string };
  return manifest.type === 'module';
}

/** `supportChat` and `Support Chat` become `support-chat`, as in Nest's schematics. */
function kebabCase(text: string): string {
  return text
    .trim()
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .replaceAll(/\s/g, '-')
    .toLowerCase();
}

function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|[-_.]+)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
