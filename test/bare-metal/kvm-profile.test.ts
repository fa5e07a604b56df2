import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { KvmProfile, KvmProfileProps } from '../../lib/contracts/kvm-profile';

test('what a profile says when nothing is said', () => {
  const profile = KvmProfile.default();
  expect(profile).toMatchObject({
    cpuMode: 'host-model',
    nestedVirtualization: false,
    samePageMerging: false,
    reservedCpuThreads: 2,
    cpuAllocationRatio: 4,
  });
  expect(profile.sysctl).toEqual({ 'fs.aio-max-nr': '1048576', 'vm.swappiness': '10' });
  expect([65536, 262144, 2097152].map((mib) => profile.reservedMemoryMibOf(mib))).toEqual([8192, 20480, 32768]);
  expect(KvmProfile.of({ reservedMemoryMib: 1024 }).reservedMemoryMibOf(262144)).toBe(1024);
});

test.each<[KvmProfileProps, string]>([
  [{ cpuMode: 'custom' as any }, 'KvmProfile: cpuMode is not known, got "custom"'],
  [{ reservedMemoryMib: 100 }, 'KvmProfile: reservedMemoryMib must be a whole number from 512, got 100'],
  [{ reservedCpuThreads: -1 }, 'KvmProfile: reservedCpuThreads must be a whole number from 0, got -1'],
  [{ cpuAllocationRatio: 0 }, 'KvmProfile: cpuAllocationRatio must be above 0, and 16 at most, got 0'],
  [{ cpuAllocationRatio: NaN }, 'KvmProfile: cpuAllocationRatio must be above 0'],
  [{ sysctl: { swappiness: '1' } }, 'KvmProfile: sysctl has a name that no kernel setting has, got "swappiness"; write it as vm.swappiness'],
  [{ sysctl: { 'vm.swappiness': '1\nkernel.core_pattern = |/x' } }, 'KvmProfile: sysctl vm.swappiness must be one line of text'],
])('%j', (props, message) => {
  expect(() => KvmProfile.of(props)).toThrow(message);
});

test('references are refused: all of it is arithmetic or part of a script', () => {
  const variable = new TerraformVariable(new TerraformStack(new App(), 'test'), 'v', {});
  for (const props of [
    { reservedMemoryMib: variable.numberValue },
    { cpuAllocationRatio: variable.numberValue },
    { sysctl: { 'vm.swappiness': variable.stringValue } },
  ]) {
    expect(() => KvmProfile.of(props)).toThrow(/must be known at synth, a reference was given/);
  }
});
