/** Who looks at the page: may change things, may only read, or has not presented a key yet. */
export type Access = 'write' | 'read' | 'none'

/** Why a login was refused. */
export type LoginRefusal = 'wrong_key' | 'too_many_tries'

export interface Visitor {
  access: Access
  /** The login can be ended: it stands on a cookie. */
  loggedIn: boolean
  /** Present when a login was just refused, on the page of the login alone. */
  refusal?: LoginRefusal
}

/** The page of the operator: whole answers to requests for it and for what belongs to it. */
export interface Dashboard {
  fetch(request: Request, visitor: Visitor): Response | Promise<Response>
}
