import { createMachine } from 'xstate'

// Made by `npm run machines`: paste it into a statechart viewer.
export const sessionMachine = createMachine({
  "id": "session",
  "initial": "starting",
  "on": {
    "session.crashed": {
      "target": ".reconnecting.waiting",
      "actions": "noteCrashed"
    },
    "crashes.exceeded": {
      "target": ".reconnecting.suspended",
      "actions": [
        "noteCrashed",
        "noteCrashRest"
      ]
    },
    "restart.requested": {
      "guard": "owesNothing",
      "target": ".starting",
      "actions": "tryAgain"
    },
    "logout.requested": [
      {
        "guard": "isPaired",
        "target": ".starting",
        "actions": [
          "setIntent",
          "connectNow"
        ]
      },
      {
        "target": ".loggedOut.neverLinked",
        "actions": "eraseCredentials"
      }
    ],
    "delete.requested": [
      {
        "guard": "isPaired",
        "target": ".starting",
        "actions": [
          "setIntent",
          "connectNow"
        ]
      },
      {
        "target": ".loggedOut.neverLinked",
        "actions": "setIntent"
      }
    ],
    "session.idled": [
      {
        "guard": "isNotPaired",
        "target": ".loggedOut.neverLinked",
        "actions": "setIntent"
      },
      {
        "guard": "owesLogout"
      },
      {
        "guard": "wantsDelete",
        "target": ".starting",
        "actions": [
          "setIntent",
          "connectNow"
        ]
      }
    ],
    "reachOut.locked": {
      "actions": "noteReachOutLock"
    },
    "sends.slowed": {
      "actions": "noteSlowdown"
    },
    "socket.closed": [
      {
        "guard": "restartsRarely",
        "target": ".starting",
        "actions": "noteClosed"
      },
      {
        "guard": "isUnlinked",
        "target": ".loggedOut.unlinked",
        "actions": [
          "noteClosed",
          "clearIntent",
          "archive"
        ]
      },
      {
        "guard": "isBanned",
        "target": ".loggedOut.banned",
        "actions": [
          "noteClosed",
          "clearIntent",
          "archive"
        ]
      },
      {
        "guard": "cannotUnlink",
        "target": ".loggedOut.unlinked",
        "actions": [
          "noteForgotten",
          "clearIntent",
          "eraseCredentials"
        ]
      },
      {
        "guard": "mustRest",
        "target": ".reconnecting.suspended",
        "actions": [
          "noteClosed",
          "noteSuspended"
        ]
      },
      {
        "guard": "nobodyScanned",
        "target": ".awaitingQr.expired",
        "actions": "noteExpired"
      },
      {
        "guard": "failsToLogIn",
        "target": ".reconnecting.suspended",
        "actions": [
          "noteClosed",
          "noteSuspended"
        ]
      },
      {
        "guard": "owesLogout",
        "target": ".reconnecting.waiting",
        "actions": "noteClosed"
      },
      {
        "target": ".reconnecting.verifying",
        "actions": "noteClosed"
      }
    ]
  },
  "states": {
    "starting": {
      "description": "session connects",
      "entry": [
        "endSocket",
        "openSocket"
      ],
      "initial": "connecting",
      "on": {
        "socket.opened": [
          {
            "guard": "owesLogout",
            "target": "open.unlinking",
            "actions": "noteOpened"
          },
          {
            "target": "open",
            "actions": "noteOpened"
          }
        ],
        "socket.qr": [
          {
            "guard": "owesLogout",
            "target": "loggedOut.unlinked",
            "actions": [
              "noteLoggedOut",
              "clearIntent",
              "eraseCredentials"
            ]
          },
          {
            "guard": "isThrottled",
            "target": "awaitingQr.shown",
            "actions": [
              "noteNoLink",
              "noteQr"
            ]
          },
          {
            "target": "awaitingQr",
            "actions": [
              "noteNoLink",
              "noteQr"
            ]
          }
        ],
        "socket.paired": {
          "actions": "notePaired"
        },
        "connect.queued": ".queued",
        "session.resumed": {
          "target": "starting",
          "reenter": true,
          "actions": "connectNow"
        },
        "start.requested": [
          {
            "guard": "wantsCode",
            "target": "#session.starting",
            "actions": [
              "noteStart",
              "notePairingChoice",
              "tryAgain"
            ],
            "reenter": true
          },
          {
            "guard": "owesNothing",
            "actions": "noteStart"
          }
        ],
        "message.queued": {
          "guard": "takesSends",
          "actions": "permit"
        },
        "logout.requested": {
          "guard": "isPaired",
          "actions": "setIntent"
        },
        "delete.requested": {
          "guard": "isPaired",
          "actions": "setIntent"
        }
      },
      "states": {
        "connecting": {
          "after": {
            "watchdog": [
              {
                "guard": "owesLogout",
                "target": "#session.reconnecting.waiting",
                "actions": "noteTimedOut"
              },
              {
                "target": "#session.reconnecting",
                "actions": "noteTimedOut"
              }
            ]
          }
        },
        "queued": {
          "on": {
            "connect.begun": {
              "target": "connecting",
              "actions": "connectNow"
            }
          }
        }
      }
    },
    "awaitingQr": {
      "description": "session waits for its QR to be scanned",
      "initial": "verifying",
      "on": {
        "socket.paired": {
          "target": ".linking",
          "actions": "notePaired"
        },
        "passkey.failed": {
          "guard": "isNotPaired",
          "target": "#session.starting",
          "actions": [
            "connectNow",
            "notePasskeyFailed"
          ]
        },
        "passkey.asked": {
          "guard": "isNotPaired",
          "target": ".passkey",
          "actions": "notePasskeyAsked"
        },
        "socket.opened": {
          "target": "open",
          "actions": "noteOpened"
        },
        "session.resumed": {
          "target": "starting",
          "actions": "tryAgain"
        },
        "start.requested": [
          {
            "guard": "wantsCode",
            "target": "#session.starting",
            "actions": [
              "noteStart",
              "notePairingChoice",
              "tryAgain"
            ]
          },
          {
            "guard": "owesNothing",
            "actions": "noteStart"
          }
        ]
      },
      "states": {
        "verifying": {
          "tags": "awaitsScan",
          "initial": "asking",
          "on": {
            "socket.qr": [
              {
                "guard": "replacesVoidQr",
                "actions": [
                  "noteQr",
                  "noteReplaced"
                ]
              },
              {
                "guard": "isNewQr",
                "actions": "noteQr"
              }
            ]
          },
          "states": {
            "asking": {
              "invoke": {
                "src": "askLaravel",
                "id": "question"
              },
              "on": {
                "laravel.answered": [
                  {
                    "guard": "saysYes",
                    "target": "#session.awaitingQr.publishing",
                    "actions": "noteClear"
                  },
                  {
                    "guard": "saysOldNews",
                    "target": "#session.awaitingQr.publishing",
                    "actions": "noteClear"
                  },
                  {
                    "guard": "saysNo",
                    "target": "#session.awaitingQr.refused",
                    "actions": [
                      "noteRefused",
                      "waitForStart"
                    ]
                  },
                  {
                    "target": "pausing",
                    "actions": "noteUnclear"
                  }
                ]
              }
            },
            "pausing": {
              "after": {
                "askAgain": "asking",
                "qrExpiry": {
                  "guard": "isUnscanned",
                  "target": "#session.awaitingQr.expired",
                  "actions": "noteExpired"
                }
              }
            }
          }
        },
        "publishing": {
          "tags": [
            "awaitsScan",
            "publishing"
          ],
          "initial": "offering",
          "states": {
            "offering": {
              "invoke": {
                "src": "publishQr",
                "id": "publication"
              },
              "on": {
                "socket.qr": [
                  {
                    "guard": "replacesVoidQr",
                    "actions": [
                      "noteQr",
                      "noteReplaced"
                    ],
                    "target": "#session.awaitingQr.publishing.offering",
                    "reenter": true
                  },
                  {
                    "guard": "isNewQr",
                    "actions": "noteQr"
                  }
                ],
                "qr.published": {
                  "target": "#session.awaitingQr.shown",
                  "actions": "notePublished"
                },
                "qr.publishFailed": [
                  {
                    "guard": "hasNewerQr",
                    "target": "#session.awaitingQr.verifying",
                    "actions": "noteNotTaken"
                  },
                  {
                    "guard": "isQrGood",
                    "target": "pausing",
                    "actions": "noteNotTaken"
                  },
                  {
                    "target": "#session.awaitingQr.shown.ready",
                    "actions": "noteNotTaken"
                  }
                ]
              }
            },
            "pausing": {
              "after": {
                "offerAgain": [
                  {
                    "guard": "isQrGood",
                    "target": "offering"
                  },
                  {
                    "target": "#session.awaitingQr.shown.ready"
                  }
                ]
              },
              "on": {
                "socket.qr": [
                  {
                    "guard": "replacesVoidQr",
                    "actions": [
                      "noteQr",
                      "noteReplaced"
                    ],
                    "target": "#session.awaitingQr.publishing.offering",
                    "reenter": true
                  },
                  {
                    "guard": "isNewQr",
                    "target": "#session.awaitingQr.verifying",
                    "actions": "noteQr"
                  }
                ]
              }
            }
          }
        },
        "shown": {
          "tags": "awaitsScan",
          "initial": "throttled",
          "after": {
            "qrExpiry": {
              "guard": "isUnscanned",
              "target": "expired",
              "actions": "noteExpired"
            }
          },
          "states": {
            "throttled": {
              "on": {
                "socket.qr": [
                  {
                    "guard": "replacesPublishedQr",
                    "actions": [
                      "noteQr",
                      "noteReplaced"
                    ],
                    "target": "#session.awaitingQr.publishing.offering",
                    "reenter": true
                  },
                  {
                    "guard": "replacesVoidQr",
                    "actions": [
                      "noteQr",
                      "noteReplaced"
                    ],
                    "target": "#session.awaitingQr.verifying"
                  },
                  {
                    "guard": "isNewQr",
                    "actions": "noteQr"
                  }
                ]
              },
              "after": {
                "qrThrottle": [
                  {
                    "guard": "hasHeldQr",
                    "target": "#session.awaitingQr.verifying"
                  },
                  {
                    "target": "ready"
                  }
                ]
              }
            },
            "ready": {
              "on": {
                "socket.qr": [
                  {
                    "guard": "replacesPublishedQr",
                    "actions": [
                      "noteQr",
                      "noteReplaced"
                    ],
                    "target": "#session.awaitingQr.publishing.offering",
                    "reenter": true
                  },
                  {
                    "guard": "replacesVoidQr",
                    "actions": [
                      "noteQr",
                      "noteReplaced"
                    ],
                    "target": "#session.awaitingQr.verifying"
                  },
                  {
                    "guard": "isNewQr",
                    "target": "#session.awaitingQr.verifying",
                    "actions": "noteQr"
                  }
                ]
              }
            }
          }
        },
        "passkey": {
          "description": "session waits for the passkey that WhatsApp demands",
          "tags": [
            "awaitsScan",
            "awaitsPasskey"
          ],
          "initial": "required",
          "exit": "forgetPasskey",
          "after": {
            "passkeyExpiry": {
              "guard": "isNotPaired",
              "target": "#session.starting",
              "actions": [
                "connectNow",
                "notePasskeyExpired"
              ]
            }
          },
          "on": {
            "socket.qr": {},
            "passkey.cancelled": {
              "guard": "isNotPaired",
              "target": "#session.starting",
              "actions": [
                "connectNow",
                "notePasskeyCancelled"
              ]
            }
          },
          "states": {
            "required": {
              "on": {
                "passkey.submitted": "submitting"
              }
            },
            "submitting": {
              "entry": "answerPasskey",
              "on": {
                "passkey.submitted": {
                  "target": "submitting",
                  "reenter": true
                },
                "passkey.codeShown": "confirm",
                "passkey.proved": "finishing"
              }
            },
            "confirm": {
              "on": {
                "passkey.confirmed": "finishing",
                "passkey.submitted": "submitting"
              }
            },
            "finishing": {
              "entry": "finishPasskey"
            }
          }
        },
        "linking": {
          "after": {
            "linkTimeout": {
              "target": "#session.starting",
              "actions": "connectNow"
            }
          },
          "on": {
            "socket.qr": {}
          }
        },
        "refused": {
          "description": "session shows no QR: Laravel says it is not active",
          "tags": [
            "inactive",
            "needsAttention"
          ],
          "entry": "endSocket",
          "on": {
            "socket.*": {},
            "passkey.*": {},
            "session.resumed": {},
            "session.crashed": {
              "actions": "permit"
            },
            "crashes.exceeded": {
              "actions": "permit"
            },
            "start.requested": {
              "guard": "owesNothing",
              "target": "#session.starting",
              "actions": [
                "noteStart",
                "notePairingChoice",
                "tryAgain"
              ]
            }
          }
        },
        "expired": {
          "description": "session waited for a scan that did not come",
          "tags": "inactive",
          "entry": "endSocket",
          "on": {
            "socket.*": {},
            "passkey.*": {},
            "session.resumed": {},
            "session.crashed": {
              "actions": "permit"
            },
            "crashes.exceeded": {
              "actions": "permit"
            },
            "start.requested": {
              "guard": "owesNothing",
              "target": "#session.starting",
              "actions": [
                "noteStart",
                "notePairingChoice",
                "tryAgain"
              ]
            }
          }
        }
      }
    },
    "open": {
      "description": "session is open",
      "tags": "open",
      "initial": "settling",
      "on": {
        "socket.named": {
          "actions": "noteName"
        },
        "session.resumed": {
          "target": "starting",
          "actions": "connectNow"
        },
        "start.requested": {
          "guard": "owesNothing",
          "actions": "noteStart"
        },
        "message.queued": {
          "guard": "takesSends",
          "actions": "permit"
        },
        "logout.requested": {
          "target": ".unlinking",
          "actions": "setIntent"
        },
        "delete.requested": {
          "target": ".unlinking",
          "actions": "setIntent"
        },
        "logout.confirmed": {
          "target": "loggedOut.unlinked",
          "actions": [
            "noteLoggedOut",
            "clearIntent",
            "eraseCredentials"
          ]
        },
        "session.idled": [
          {
            "guard": "owesLogout"
          },
          {
            "guard": "wantsHibernation",
            "target": "reconnecting.hibernated",
            "actions": "noteHibernated"
          },
          {
            "guard": "wantsDelete",
            "target": ".unlinking",
            "actions": "setIntent"
          },
          {}
        ]
      },
      "states": {
        "settling": {
          "tags": "usable",
          "after": {
            "settle": {
              "target": "settled",
              "actions": "noteSettled"
            }
          }
        },
        "settled": {
          "tags": "usable"
        },
        "unlinking": {
          "description": "session is being logged out",
          "entry": "logout",
          "after": {
            "unlinkTimeout": {
              "target": "#session.reconnecting.waiting",
              "actions": "noteTimedOut"
            }
          },
          "on": {
            "logout.requested": {
              "actions": "setIntent"
            },
            "delete.requested": {
              "actions": "setIntent"
            }
          }
        }
      }
    },
    "reconnecting": {
      "description": "session lost its connection and comes back by itself",
      "entry": "endSocket",
      "initial": "verifying",
      "on": {
        "socket.*": {}
      },
      "states": {
        "verifying": {
          "invoke": {
            "src": "askLaravel",
            "id": "question"
          },
          "after": {
            "patience": "waiting"
          },
          "on": {
            "laravel.answered": [
              {
                "guard": "saysNo",
                "target": "suspended",
                "actions": "noteRefused"
              },
              {
                "target": "waiting"
              }
            ],
            "start.requested": [
              {
                "guard": "wantsCode",
                "target": "#session.starting",
                "actions": [
                  "noteStart",
                  "notePairingChoice",
                  "tryAgain"
                ]
              },
              {
                "guard": "owesNothing",
                "actions": "noteStart"
              }
            ],
            "session.resumed": {
              "target": "verifying",
              "reenter": true
            },
            "message.queued": {
              "guard": "takesSends",
              "actions": "permit"
            }
          }
        },
        "waiting": {
          "after": {
            "backoff": {
              "target": "#session.starting",
              "actions": "connectNow"
            }
          },
          "on": {
            "start.requested": [
              {
                "guard": "wantsCode",
                "target": "#session.starting",
                "actions": [
                  "noteStart",
                  "notePairingChoice",
                  "tryAgain"
                ]
              },
              {
                "guard": "owesNothing",
                "actions": "noteStart"
              }
            ],
            "session.resumed": {
              "target": "waiting",
              "reenter": true
            },
            "message.queued": {
              "guard": "takesSends",
              "actions": "permit"
            }
          }
        },
        "hibernated": {
          "description": "session sleeps until it is needed",
          "tags": "asleep",
          "after": {
            "hibernation": {
              "target": "#session.starting",
              "actions": "connectNow"
            }
          },
          "on": {
            "start.requested": {
              "target": "#session.starting",
              "actions": [
                "noteStart",
                "tryAgain"
              ]
            },
            "wake.requested": {
              "target": "#session.starting",
              "actions": "tryAgain"
            },
            "session.resumed": [
              {
                "guard": "hasSendsWaiting",
                "target": "#session.starting",
                "actions": "tryAgain"
              },
              {
                "target": "hibernated",
                "reenter": true
              }
            ],
            "session.crashed": {
              "target": "hibernated",
              "reenter": true
            },
            "message.queued": {
              "guard": "takesSends",
              "actions": "permit"
            }
          }
        },
        "suspended": {
          "description": "session is suspended: it is tried again by itself, ever less often",
          "tags": "needsAttention",
          "initial": "resting",
          "after": {
            "untold": {
              "guard": "isUntold",
              "actions": "noteTold"
            }
          },
          "on": {
            "start.requested": {
              "guard": "owesNothing",
              "target": "#session.starting",
              "actions": [
                "noteStart",
                "notePairingChoice",
                "tryAgain"
              ]
            },
            "session.crashed": {
              "target": "suspended",
              "reenter": true
            },
            "crashes.exceeded": {
              "target": "suspended",
              "reenter": true
            },
            "session.resumed": [
              {
                "guard": "endsByRestart",
                "target": "#session.starting",
                "actions": "connectNow"
              },
              {
                "target": "suspended",
                "reenter": true
              }
            ],
            "version.accepted": {
              "guard": "isDueToVersion",
              "target": "#session.starting",
              "actions": "connectNow"
            }
          },
          "states": {
            "resting": {
              "after": {
                "suspension": [
                  {
                    "guard": "isDueToLaravel",
                    "target": "asking"
                  },
                  {
                    "target": "#session.starting",
                    "actions": "connectNow"
                  }
                ]
              }
            },
            "asking": {
              "invoke": {
                "src": "askLaravel",
                "id": "question"
              },
              "after": {
                "answerTimeout": {
                  "target": "resting",
                  "actions": "noteRefused"
                }
              },
              "on": {
                "laravel.answered": [
                  {
                    "guard": "saysYes",
                    "target": "#session.starting",
                    "actions": [
                      "connectNow",
                      "noteWelcome"
                    ]
                  },
                  {
                    "target": "resting",
                    "actions": "noteRefused"
                  }
                ]
              }
            }
          }
        }
      }
    },
    "loggedOut": {
      "description": "session is logged out",
      "tags": [
        "inactive",
        "loggedOut"
      ],
      "initial": "unlinked",
      "entry": [
        "noteDeleted",
        "endSocket",
        "failQueued",
        "deleteSessionIfOwed"
      ],
      "on": {
        "socket.*": {},
        "restart.requested": {},
        "logout.requested": {},
        "crashes.exceeded": {},
        "session.crashed": {
          "actions": "permit"
        },
        "delete.requested": {
          "actions": [
            "setIntent",
            "deleteSession"
          ]
        },
        "start.requested": {
          "guard": "owesNothing",
          "target": "starting",
          "actions": [
            "forgetLink",
            "noteStart",
            "notePairingChoice",
            "tryAgain",
            "eraseCredentials"
          ]
        },
        "session.idled": [
          {
            "guard": "isNotPaired",
            "actions": [
              "setIntent",
              "deleteSession"
            ]
          },
          {}
        ],
        "session.resumed": {
          "actions": [
            "eraseCredentialsIfDue",
            "failQueued",
            "deleteSessionIfOwed"
          ]
        }
      },
      "states": {
        "unlinked": {
          "after": {
            "archiveEnd": {
              "guard": "isArchived",
              "actions": [
                "eraseCredentials",
                "noteArchiveEnd"
              ]
            }
          },
          "on": {
            "session.resumed": {
              "guard": "isArchived",
              "reenter": true,
              "actions": [
                "failQueued",
                "deleteSessionIfOwed"
              ],
              "target": "unlinked"
            },
            "session.crashed": {
              "guard": "isArchived",
              "target": "unlinked",
              "reenter": true
            }
          }
        },
        "banned": {
          "description": "session is closed by WhatsApp",
          "tags": "needsAttention",
          "after": {
            "archiveEnd": {
              "guard": "isArchived",
              "actions": [
                "eraseCredentials",
                "noteArchiveEnd"
              ]
            }
          },
          "on": {
            "session.resumed": {
              "guard": "isArchived",
              "reenter": true,
              "actions": [
                "failQueued",
                "deleteSessionIfOwed"
              ],
              "target": "banned"
            },
            "session.crashed": {
              "guard": "isArchived",
              "target": "banned",
              "reenter": true
            }
          }
        },
        "neverLinked": {}
      }
    }
  }
})
