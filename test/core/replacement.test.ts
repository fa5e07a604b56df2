import { replacement } from '../../lib/core/replacement';
import { StepResource } from '../../lib/core/step-resource';
import { synthStack } from '../support/synth';

const lifecycleOf = (props: (step: StepResource) => Parameters<typeof replacement>[0]) =>
  synthStack((scope) => {
    const step = new StepResource(scope, 'Generation', { triggers: { a: 'b' } });
    new StepResource(scope, 'Server', { lifecycle: replacement(props(step)) });
  }).json.resource.terraform_data.Server.lifecycle;

test('what triggers a replacement is named by its bare address, the only form that Terraform takes', () =>
  expect(lifecycleOf((step) => ({ replaceTriggeredBy: [step], createBeforeDestroy: true }))).toEqual({
    create_before_destroy: true,
    replace_triggered_by: ['terraform_data.Generation'],
  }));

test('nothing asked, nothing said', () => {
  expect(replacement({})).toEqual({});
  expect(replacement({ replaceTriggeredBy: [], createBeforeDestroy: false })).toEqual({});
});
