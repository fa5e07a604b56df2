import * as fc from 'fast-check';
import { scheduleProblem } from '../../lib/workloads/cron-schedule';
import { RunConcurrency, ScheduledWorkload, ScheduledWorkloadProps } from '../../lib/workloads/scheduled-workload';
import { synthOn } from '../kubernetes/addons/cluster';

const synth = (props: Partial<ScheduledWorkloadProps> = {}) =>
  synthOn({ openstack: false }, (stack, cluster) => {
    new ScheduledWorkload(stack, 'Backup', { cluster, image: 'backup:1', schedule: '30 2 * * *', ...props });
  }).resource('kubernetes_cron_job_v1');

test('is a CronJob that runs once at a time, at times of a zone that is said', () => {
  expect(synth()).toMatchObject({
    metadata: { name: 'backup', namespace: 'default' },
    spec: {
      schedule: '30 2 * * *',
      timezone: 'Etc/UTC',
      concurrency_policy: 'Forbid',
      starting_deadline_seconds: 600,
      suspend: false,
      job_template: {
        spec: { backoff_limit: 2, template: { spec: { restart_policy: 'Never', container: [{ name: 'backup', image: 'backup:1' }] } } },
      },
    },
  });
});

test('its pod is restricted like any other, and nobody asks whether it works', () => {
  const pod = synth().spec.job_template.spec.template.spec;
  expect(pod).toMatchObject({ automount_service_account_token: false, security_context: { run_as_non_root: true } });
  expect(pod.container[0]).not.toHaveProperty('readiness_probe');
  expect(pod).not.toHaveProperty('topology_spread_constraint');
});

test('runs as it is told', () => {
  const props = { concurrency: RunConcurrency.REPLACE, retries: 0, timeoutSeconds: 60, timeZone: 'Europe/Berlin', suspended: true };
  expect(synth({ ...props, startingDeadlineSeconds: 10 }).spec).toMatchObject({
    concurrency_policy: 'Replace',
    timezone: 'Europe/Berlin',
    suspend: true,
    starting_deadline_seconds: 10,
    job_template: { spec: { backoff_limit: 0, active_deadline_seconds: 60 } },
  });
});

test.each(['* * * * *', '*/5 0-6 1,15 jan-MAR Mon-fri', '0 0 ? * 6', '59 23 31 12 0', '10-20/2 * * * *', '5/10 * * * *', '@daily'])(
  '%s is a schedule',
  (schedule) => expect(scheduleProblem(schedule)).toBeUndefined(),
);

test.each([
  ['', 'it has 1 fields, not 5'],
  ['* * * *', 'it has 4 fields, not 5'],
  ['60 * * * *', "its minute isn't a list of values or ranges from 0 to 59"],
  ['* 5-4 * * *', "its hour isn't a list of values or ranges from 0 to 23"],
  ['* * 0 * *', "its day of the month isn't a list of values or ranges from 1 to 31"],
  ['* * * foo *', "its month isn't a list of values or ranges from 1 to 12"],
  ['* * * * 7', "its day of the week isn't a list of values or ranges from 0 to 6"],
  ['*/0 * * * *', "its minute isn't a list of values or ranges from 0 to 59"],
  ['1,,2 * * * *', "its minute isn't a list of values or ranges from 0 to 59"],
  ['@noon', 'it has 1 fields, not 5'],
])('%s is none: %s', (schedule, problem) => expect(scheduleProblem(schedule)).toBe(problem));

test('a minute is in range or refused, whatever is written', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.nat(100), (from, to) => {
      expect(scheduleProblem(`${from}-${to} * * * *`) === undefined).toBe(to <= 59 && from <= to);
    }),
  );
});

test.each<[string, Partial<ScheduledWorkloadProps>, RegExp]>([
  ['a schedule that is none', { schedule: '60 2 * * *' }, /^test\/Backup: schedule is not one: its minute .*, got "60 2 \* \* \*"; write it as/],
  ['a time zone that is none', { timeZone: 'Local' }, /timeZone is not the name of a time zone, got "Local"/],
  ['a deadline that is never met', { startingDeadlineSeconds: 5 }, /startingDeadlineSeconds must be a whole number from 10, got 5/],
  ['minus one retry', { retries: -1 }, /retries must be a whole number from 0 to 100, got -1/],
  ['an image that is none', { image: 'a b' }, /image is not the name of a container image/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});
