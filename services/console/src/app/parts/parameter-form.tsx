import { NumberInput, PasswordInput, Select, Switch, TagsInput, TextInput } from '@mantine/core';
import type { ParameterProperty, ParameterSchema } from '@sluice/model';
import type { ReactElement } from 'react';
import { t } from '../texts/texts.ts';

export type Values = Readonly<Record<string, unknown>>;

/** Fields of a connector's schema: one of a fitting kind for each, in the groups that it gives. */
export function ParameterForm(props: {
  readonly schema: ParameterSchema;
  readonly values: Values;
  readonly onChange: (values: Values) => void;
  /** Secrets that are kept already: their fields say so and may stay empty. */
  readonly kept?: readonly string[];
  /** What is wrong, by field. */
  readonly faults?: Readonly<Record<string, string>>;
  readonly without?: readonly string[];
}): ReactElement {
  const { schema, values, without = [] } = props;
  const names = Object.keys(schema.properties).filter((name) => !without.includes(name));
  const groups = [...new Set(names.map((name) => schema.properties[name]!.group ?? ''))];
  const set = (name: string, value: unknown): void => {
    const { [name]: _, ...rest } = values;
    props.onChange(value === undefined || value === '' ? rest : { ...rest, [name]: value });
  };
  return (
    <div className="stack">
      {groups.map((group) => (
        <fieldset key={group} className="group">
          {group !== '' && <legend>{group}</legend>}
          <div className="fields">
            {names
              .filter((name) => (schema.properties[name]!.group ?? '') === group)
              .map((name) => (
                <Field
                  key={name}
                  name={name}
                  property={schema.properties[name]!}
                  isRequired={schema.required?.includes(name) === true}
                  isKept={props.kept?.includes(name) === true}
                  fault={props.faults?.[name]}
                  value={values[name]}
                  onChange={(value) => set(name, value)}
                />
              ))}
          </div>
        </fieldset>
      ))}
    </div>
  );
}

function Field(props: {
  readonly name: string;
  readonly property: ParameterProperty;
  readonly isRequired: boolean;
  readonly isKept: boolean;
  readonly fault: string | undefined;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}): ReactElement {
  const { property, value, onChange } = props;
  const given = {
    label: property.title,
    description: property.description,
    required: props.isRequired,
    error: props.fault,
    name: props.name,
  };
  const preset = property.default === undefined ? undefined : String(property.default);
  if (property.secret === true)
    return (
      <PasswordInput
        {...given}
        autoComplete="new-password"
        placeholder={props.isKept ? t('form.kept') : undefined}
        value={String(value ?? '')}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': t('form.show') }}
      />
    );
  if (property.enum !== undefined)
    return (
      <Select
        {...given}
        data={property.enum.map(String)}
        placeholder={preset}
        value={value === undefined ? null : String(value)}
        clearable={!props.isRequired}
        clearButtonProps={{ 'aria-label': t('action.clear') }}
        onChange={(chosen) => onChange(property.enum?.find((one) => String(one) === chosen))}
      />
    );
  switch (property.type) {
    case 'integer':
    case 'number':
      return (
        <NumberInput
          {...given}
          placeholder={preset}
          allowDecimal={property.type === 'number'}
          {...(property.minimum === undefined ? {} : { min: property.minimum })}
          {...(property.maximum === undefined ? {} : { max: property.maximum })}
          value={(value as number | undefined) ?? ''}
          onChange={onChange}
        />
      );
    case 'boolean':
      return (
        <Switch
          label={property.title}
          description={property.description}
          checked={(value ?? property.default) === true}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
      );
    case 'array':
      return (
        <TagsInput
          {...given}
          placeholder={t('form.tags')}
          value={((value ?? []) as readonly unknown[]).map(String)}
          onChange={(tags) => onChange(tags.length === 0 ? undefined : tags)}
        />
      );
    case 'object':
      return (
        <TextInput
          {...given}
          className="mono"
          defaultValue={value === undefined ? '' : JSON.stringify(value)}
          onBlur={({ currentTarget }) => onChange(parsed(currentTarget.value) ?? value)}
        />
      );
    default:
      return (
        <TextInput
          {...given}
          placeholder={preset}
          autoComplete="off"
          spellCheck={false}
          value={String(value ?? '')}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Faults of a refused call, by the field below a pointer. */
export function faultsBelow(
  errors: readonly { readonly pointer: string; readonly detail: string }[] | undefined,
  pointer: string,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const fault of errors ?? [])
    if (fault.pointer.startsWith(`${pointer}/`))
      found[fault.pointer.slice(pointer.length + 1).split('/')[0]!] = fault.detail;
  return found;
}
