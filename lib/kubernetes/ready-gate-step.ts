import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fn, ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { ReadyGate } from './ready-gate';
import { StepResource } from '../core/step-resource';
import { TemplateText } from '../core/template-text';

/** Properties of ReadyGateStep. */
export interface ReadyGateStepProps {
  /** How long to wait. */
  readonly gate: ReadyGate;
  /** URL of the API. */
  readonly host: string;
  /** Name that is in every certificate of the API, whatever address or name it got since. */
  readonly certifiedName: string;
  /** The cluster's CA, PEM. */
  readonly caCertificate: string;
  /** What must be there before there is anything to wait for. */
  readonly dependsOn: ITerraformDependable[];
}

/** The step that waits for a new cluster. It runs once, and again when the API gets another address or another CA. */
export class ReadyGateStep extends Construct {
  /** The URL of the API, which is there once the cluster is ready. */
  public readonly host: string;
  /** To be depended upon. */
  public readonly step: StepResource;

  constructor(scope: Construct, id: string, props: ReadyGateStepProps) {
    super(scope, id);
    const program = new TemplateText(this, 'Program', { parts: [readFileSync(join(__dirname, 'bootstrap', 'ready-gate.sh'), 'utf8')] });
    this.step = new StepResource(this, 'Ready', {
      input: props.host,
      triggers: { host: props.host, ca: Fn.sha256(props.caCertificate) },
      dependsOn: props.dependsOn,
      provisioners: [
        {
          type: 'local-exec',
          interpreter: ['bash', '-c'],
          command: program.value,
          // Nothing of it is secret: were it, Terraform would hide what the program says.
          environment: {
            STRATA_HOST: props.host,
            STRATA_NAME: props.certifiedName,
            STRATA_CA: props.caCertificate,
            STRATA_TIMEOUT: String(props.gate.timeoutSeconds),
          },
        },
      ],
    });
    this.host = this.step.output;
  }
}
