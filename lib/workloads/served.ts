import { checkPort } from './port-checks';
import { checkLabels } from './workload-checks';
import { IWorkload } from './workload-contract';
import { check, fail, Where } from '../core/validation';

/** Whom a Service sends its clients to. */
export interface Served {
  readonly workload?: IWorkload;
  readonly selector?: { readonly [label: string]: string };
  readonly namespace?: string;
  readonly port?: number;
  readonly targetPort?: number;
}

/** Throws unless it is clear which pods are served. */
export function checkServed(where: Where, { workload, selector, namespace, targetPort }: Served): void {
  checkPort(where, 'targetPort', targetPort);
  checkLabels(where, 'selector', selector);
  if ((workload === undefined) === (selector === undefined)) {
    const problem = workload ? 'there is both a workload and a selector' : 'there is neither a workload nor a selector, so that nothing is served';
    fail(where, { problem, fix: 'give one of them' });
  }
  check(where, selector, (labels) => Object.keys(labels).length > 0, {
    problem: 'selector is empty, and would serve every pod of the namespace',
    fix: 'name a label of the pods',
  });
  check(where, namespace, (name) => workload === undefined || name === workload.namespaceName, {
    problem: `namespace must be the workload's, ${workload?.namespaceName}: a Service serves pods of its own namespace`,
    fix: 'leave it out',
  });
  if (workload !== undefined && workload.port === undefined && targetPort === undefined) {
    fail(where, { problem: `the workload ${workload.workloadName} listens on no port`, fix: 'give it a port, or targetPort here' });
  }
}

/** The port of what is served. */
export function servedPort(where: Where, { workload, targetPort }: Served): number {
  return workload?.port ?? targetPort ?? fail(where, { problem: 'there is no port, and no workload whose port it could be', fix: 'give port' });
}
