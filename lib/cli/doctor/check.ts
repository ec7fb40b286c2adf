import type { Project, ProjectPackage } from '../project/project.js';
import type { Sources } from '../source/sources.js';
import type { Installation } from './installation.js';

/** One thing to change in an application. */
export interface Finding {
  /** A `problem` keeps something from working. A `hint` may be intended, or depends on what the files do not show. */
  readonly level: 'problem' | 'hint';
  /** The file, relative to the root of the project. */
  readonly path?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** What must be, and what is. */
  readonly message: string;
  /** The line to change, or the command to run. */
  readonly fix: string;
}

/** A peer of nest-socketio. */
export interface Peer {
  /** `^12.0.0` */
  readonly range: string;
  readonly isOptional: boolean;
}

/** Everything that the checks look at. */
export interface Facts {
  readonly project: Project;
  readonly sources: Sources;
  readonly installation: Installation;
  /** The packages of the project that depend on nest-socketio. */
  readonly packages: readonly ProjectPackage[];
  /** The peers of this version of nest-socketio, by name. */
  readonly peers: Readonly<Record<string, Peer>>;
  /** `20.19.0` */
  readonly nodeVersion: string;
}

/** Looks for one kind of mistake. */
export type Check = (facts: Facts) => Iterable<Finding>;
