import { z } from 'zod'
import { PARAMETERS, type Parameter } from './parameters.ts'
import { FAULT_KINDS, type Fault, type FaultKind, rowOf } from './table.ts'

const Share = z.number().gt(0).max(1)
const WHOM = {
  device: z.string().regex(/^\d+:\d+@(?:s\.whatsapp\.net|lid)$/, 'must be the jid of a linked device'),
  account: z.string().regex(/^\d{5,20}$/, 'must be a phone number in digits'),
}
const Kind = z.enum(FAULT_KINDS)

const namesOne = (fault: Record<string, unknown>) => fault.device === undefined || fault.account === undefined

function schemaOf(kind: FaultKind) {
  const { takes, needs = [], namesNobody } = rowOf(kind)
  const told = takes.map((name): [Parameter, z.ZodType] => {
    const parameter = PARAMETERS[name]
    return [name, needs.includes(name) ? parameter : parameter.optional()]
  })
  const { device, account } = WHOM
  const whom = namesNobody
    ? {}
    : { device: device.optional(), account: account.optional(), share: Share.optional() }
  return z
    .strictObject({ kind: z.literal(kind), ...whom, ...Object.fromEntries(told) })
    .refine(namesOne, 'names a device or an account, not both')
}

const SCHEMAS = new Map(FAULT_KINDS.map(kind => [kind, schemaOf(kind)]))

/** A fault as it is told, checked. Throws a ZodError that names what is missing, unknown or out of its range. */
export function checkFault(fault: unknown): Fault {
  const { kind } = z.looseObject({ kind: Kind }).parse(fault)
  return SCHEMAS.get(kind)!.parse(fault) as Fault
}

/** The kind that a request names. Throws a ZodError for one that there is not. */
export const checkKind = (kind: unknown): FaultKind => Kind.parse(kind)

/** Every fault for people and programs: what it does, what it strikes, whom it can mean, and what it takes. */
export function listFaults() {
  return FAULT_KINDS.map(kind => {
    const { about, strikes, takes, needs = [], namesNobody, lasts } = rowOf(kind)
    return {
      kind,
      about,
      strikes,
      scope: namesNobody ? ['all'] : ['device', 'account', 'all'],
      lasts: lasts ?? (strikes === 'sockets' || strikes === 'devices' ? 'as told' : 'once'),
      parameters: Object.fromEntries(
        takes.map(name => [
          name,
          { about: PARAMETERS[name].description, required: needs.includes(name), schema: jsonSchemaOf(name) },
        ]),
      ),
    }
  })
}

function jsonSchemaOf(name: Parameter) {
  const { $schema, description, ...schema } = z.toJSONSchema(PARAMETERS[name])
  return schema
}
