/** Adds `SocketIoModule` to the root modules, with the options of the adapters that it replaces. */
import type ts from 'typescript';
import type { Injection } from './injections.js';
import { type InlineOptions, NO_OPTIONS, writeForRoot } from './inline-options.js';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';
import type { Application, RootModule } from '../../source/applications.js';
import { addToModuleList, moduleDecorator } from '../../source/module-lists.js';

/** A provider that a class of options gets injected. */
export type Injected = Pick<Injection, 'token' | 'module'>;

/** The options of an application: written in its module, or created by a class. */
export type Registration =
  | { readonly kind: 'options'; readonly options: InlineOptions }
  | {
      readonly kind: 'class';
      readonly source: Source;
      readonly name: string;
      readonly tokens: readonly Injected[];
    };

interface Exporter {
  readonly name: string | null;
  readonly path: string | null;
}

export class Registrations {
  readonly #workspace: Workspace;
  readonly #registrations = new Map<Application, Registration>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  // --- Public methods ---

  has(application: Application): boolean {
    return this.#registrations.has(application);
  }

  set(applications: readonly Application[], registration: Registration): void {
    for (const application of applications) this.#registrations.set(application, registration);
  }

  /** Whether some module of the application exports a provider, or it is global. */
  isExported(root: RootModule, token: Injected): boolean {
    return this.#exporterOf(root, token) !== null;
  }

  /** Changes the root modules of applications that had an adapter or have gateways. */
  write(applications: readonly Application[]): void {
    const done = new Set<ts.ClassDeclaration>();
    for (const application of applications) {
      const registration = this.#registrations.get(application) ?? null;
      if (registration === null && !this.#hasGateways(application)) continue;
      if (application.module === null) {
        this.#workspace.decide(
          application.main,
          application.call,
          'add SocketIoModule.forRoot() to the imports of the root module',
        );
        continue;
      }
      const { module } = application;
      if (done.has(module.node) || this.#hasModule(application)) continue;
      done.add(module.node);
      this.#add(module, registration ?? { kind: 'options', options: NO_OPTIONS });
    }
  }

  // --- Inside ---

  #add(module: RootModule, registration: Registration): void {
    if (registration.kind === 'options') {
      this.#import(module, writeForRoot(this.#workspace, module, registration.options));
      return;
    }
    const { name: className, tokens } = registration;
    const { source } = module;
    const name = source.addImport('SocketIoModule', 'nest-socketio');
    if (registration.source !== source) {
      const specifier = this.#workspace.specifier(source, registration.source.path, className);
      source.addImport(className, specifier);
    }
    const imports = tokens.flatMap((token) => this.#moduleOf(module, token));
    const list = imports.length === 0 ? '' : `imports: [${[...new Set(imports)].join(', ')}], `;
    this.#import(module, `${name}.forRootAsync({ ${list}useClass: ${className} })`);
  }

  #import({ source, node, name }: RootModule, entry: string): void {
    const unknown = addToModuleList(source, node, 'imports', entry);
    if (unknown === null) return;
    this.#workspace.decide(source, unknown, `add ${entry.replaceAll(/\s+/g, ' ')} to the imports of ${name}`);
  }

  /** The module that exports a provider, imported there. None for a global one. */
  #moduleOf(root: RootModule, injection: Injected): string[] {
    const exporter = this.#exporterOf(root, injection);
    if (exporter === null) {
      const text = `import the module that exports ${injection.token} in forRootAsync({ imports: [...] }), or make it global`;
      this.#workspace.decide(root.source, root.node, text);
      return [];
    }
    const { name, path } = exporter;
    if (name === null) return [];
    const isOwn = path === root.source.path;
    if (!isOwn)
      root.source.addImport(
        name,
        path === null ? '@nestjs/config' : this.#workspace.specifier(root.source, path, name),
      );
    return [name];
  }

  /** @returns the module that exports a provider: without a name if it is global, without a path if it is installed */
  #exporterOf(root: RootModule, { token, module }: Injected): Exporter | null {
    const { ts } = this.#workspace;
    if (module === '@nestjs/config') return { name: 'ConfigModule', path: null };
    const wanted = [token, token.replace(/Service$/, 'Module')];
    for (const source of this.#workspace.sourcesWith(...wanted)) {
      for (const node of source.find(ts.isClassDeclaration)) {
        const metadata = moduleDecorator(source, node)?.metadata ?? null;
        const exported = metadata === null ? null : source.valueOf(metadata, 'exports');
        if (exported === null || node.name === undefined || node === root.node) continue;
        const names = source.textOf(exported).split(/[^\w'.]+/);
        if (!wanted.some((one) => names.includes(one))) continue;
        const isGlobal = source.decoratorsOf(node).some((one) => source.textOf(one).startsWith('@Global'));
        return { name: isGlobal ? null : node.name.text, path: source.path };
      }
    }
    return null;
  }

  #hasGateways({ main, module }: Application): boolean {
    const start = module?.source.path ?? main.path;
    return [...this.#workspace.reachable(start)].some((path) => {
      const text = this.#workspace.project.text(path);
      return /@WebSocketGateway\b/.test(text) && !text.includes('@nestjs/platform-ws');
    });
  }

  #hasModule({ main, module }: Application): boolean {
    const start = module?.source.path ?? main.path;
    return [...this.#workspace.reachable(start)].some((path) =>
      this.#workspace.project.text(path).includes('SocketIoModule.forRoot'),
    );
  }
}
