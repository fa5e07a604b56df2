import type { Component } from './components';

/** One thing that is proven with real programs. */
export interface Check {
  readonly name: string;
  /** The components that must be there; the runner brings them up, and only those. */
  readonly needs: readonly Component[];
  /** Throws if it doesn't hold. */
  readonly run: (context: Context) => Promise<void>;
}

/** What a check is given. */
export interface Context {
  /** An empty folder of this check's own, removed when it has passed. */
  readonly folder: string;
  /** What the components' setup scripts told: `TERRAFORM`, `KUBERNETES_BIN` …; fails for a name that no needed component tells. */
  readonly value: (name: string) => string;
  /** Runs when the check is over, however it ends; the last one given runs first. */
  readonly defer: (cleanUp: () => Promise<void> | void) => void;
  /** A line for the reader who follows the run. */
  readonly log: (text: string) => void;
}
