import { CronJobV1 } from '@cdktf/provider-kubernetes/lib/cron-job-v1';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { scheduleProblem } from './cron-schedule';
import { HealthCheck } from './health-check';
import { makePod, workloadNames } from './pod';
import { PodOptions } from './pod-options';
import { ReplicaSpread } from './replicated-pod-options';
import { checkGeneratedPasswords } from './workload-checks';
import { IWorkload } from './workload-contract';
import { inOrder, Tier } from '../core/apply-order';
import { check, checkInteger } from '../core/validation';

/** What happens when it is time again and the last run isn't over. */
export enum RunConcurrency {
  /** The new run is left out. */
  FORBID = 'Forbid',
  /** Both run. */
  ALLOW = 'Allow',
  /** The last run is stopped. */
  REPLACE = 'Replace',
}

/** Properties of ScheduledWorkload. */
export interface ScheduledWorkloadProps extends PodOptions {
  /** When it runs: minute, hour, day of the month, month, day of the week ("30 2 * * *"), or @hourly, @daily, @weekly, @monthly, @yearly. */
  readonly schedule: string;
  /**
   * Time zone of the schedule, by its name in the IANA database.
   * @default Etc/UTC
   */
  readonly timeZone?: string;
  /** @default RunConcurrency.FORBID */
  readonly concurrency?: RunConcurrency;
  /**
   * How often a failed run is tried again, from 0.
   * @default 2
   */
  readonly retries?: number;
  /**
   * Seconds after which a run, with all that it tried, is stopped, from 1.
   * @default - it may take as long as it likes
   */
  readonly timeoutSeconds?: number;
  /**
   * Seconds that a run may be late, from 10. Later it is left out.
   * @default 600
   */
  readonly startingDeadlineSeconds?: number;
  /**
   * Whether it doesn't run for now.
   * @default false
   */
  readonly suspended?: boolean;
  /**
   * Variables for which a password is made once (32 letters and digits) and kept in the Secret `<name>-credentials`, under the variable's name.
   * @default - none
   */
  readonly generatedPasswords?: string[];
}

/**
 * A program that runs to its end at certain times: a backup, a report.
 *
 * It runs restricted, like every workload. Three runs that ended well and one that failed are kept for their logs.
 *
 * Creates a CronJob, if asked a Namespace, for generated passwords a Secret, for config files a ConfigMap.
 * Errors: a schedule that Kubernetes rejects; names, images, labels, paths and quantities likewise; secrets as literals; root at the level "restricted".
 */
export class ScheduledWorkload extends Construct implements IWorkload {
  public readonly workloadName: string;
  public readonly namespaceName: string;
  public readonly selectorLabels: { readonly [label: string]: string };
  public readonly port?: number;
  /** Name of the Secret with the generated passwords, if there are any. */
  public readonly credentialsSecretName?: string;
  /** The L1 `kubernetes_cron_job_v1`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: ScheduledWorkloadProps) {
    super(scope, id);
    const names = workloadNames(id, props);
    this.workloadName = names.name;
    this.namespaceName = names.namespace;
    this.selectorLabels = names.selectorLabels;
    this.checkProps(props);

    const pod = makePod(this, names, props, {
      healthCheck: HealthCheck.none(),
      spread: ReplicaSpread.NONE,
      restartPolicy: 'Never',
      generatedPasswords: props.generatedPasswords,
    });
    this.credentialsSecretName = pod.credentialsSecretName;
    this.resource = new CronJobV1(this, 'CronJob', {
      metadata: { name: names.name, namespace: names.namespace, labels: { ...names.labels } },
      spec: {
        schedule: props.schedule,
        timezone: props.timeZone ?? 'Etc/UTC',
        concurrencyPolicy: props.concurrency ?? RunConcurrency.FORBID,
        startingDeadlineSeconds: props.startingDeadlineSeconds ?? 600,
        suspend: props.suspended ?? false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
          metadata: { labels: { ...names.labels } },
          spec: { backoffLimit: props.retries ?? 2, activeDeadlineSeconds: props.timeoutSeconds, template: pod.template },
        },
      },
      dependsOn: pod.dependsOn,
    });
    inOrder(props.cluster, Tier.WORKLOAD, this.resource);
  }

  private checkProps(props: ScheduledWorkloadProps): void {
    check(this, props.schedule, (schedule) => scheduleProblem(schedule) === undefined, {
      problem: `schedule is not one: ${scheduleProblem(props.schedule)}`,
      fix: 'write it as "30 2 * * *" or @daily',
    });
    check(this, props.timeZone, (zone) => /^[A-Za-z][A-Za-z0-9+_-]*(\/[A-Za-z0-9+_-]+)*$/.test(zone) && zone !== 'Local', {
      problem: 'timeZone is not the name of a time zone',
      fix: 'write it as Europe/Berlin',
    });
    checkInteger(this, 'retries', props.retries, { min: 0, max: 100 });
    checkInteger(this, 'timeoutSeconds', props.timeoutSeconds, { min: 1 });
    // The controller looks every ten seconds: less would leave out runs at random.
    checkInteger(this, 'startingDeadlineSeconds', props.startingDeadlineSeconds, { min: 10 });
    checkGeneratedPasswords(this, props.generatedPasswords ?? [], { ...props.env, ...props.secretEnv, ...props.configEnv });
  }
}
