import { createMachine } from 'xstate'

// Made by `npm run machines`: paste it into a statechart viewer.
export const supervisorMachine = createMachine({
  "id": "supervisor",
  "context": {
    "live": 0,
    "counts": {
      "byState": {},
      "publishing": 0,
      "tracked": 0
    },
    "crashes": {},
    "returns": {}
  },
  "initial": "running",
  "on": {
    "session.changed": {
      "actions": "countChange"
    },
    "session.left": {
      "actions": "countLeft"
    }
  },
  "states": {
    "running": {
      "initial": "serving",
      "on": {
        "session.restored": {
          "actions": [
            "spawnSession",
            "countSpawned"
          ]
        },
        "session.crashed": [
          {
            "guard": "crashesTooOften",
            "actions": [
              "noteCrash",
              "suspendSession"
            ]
          },
          {
            "actions": [
              "noteCrash",
              "restartSession"
            ]
          }
        ],
        "session.lost": {
          "guard": "isNotReturning",
          "actions": [
            "noteLost",
            "scheduleReturn",
            "tellReturn"
          ]
        },
        "session.returnDue": {
          "actions": "bringBackSession"
        },
        "session.returnFailed": {
          "guard": "isReturning",
          "actions": [
            "noteLost",
            "scheduleReturn",
            "tellReturn"
          ]
        },
        "session.returned": {
          "actions": "noteReturned"
        },
        "round.ended": {
          "actions": "forgetOld"
        },
        "sessions.stopped": {
          "actions": [
            "cancelReturns",
            "forgetReturns"
          ]
        },
        "drain.requested": "draining"
      },
      "states": {
        "serving": {
          "after": {
            "reapEvery": {
              "target": "serving",
              "reenter": true,
              "actions": "reapIdleSessions"
            }
          },
          "on": {
            "session.requested": {
              "actions": [
                "spawnSession",
                "countSpawned"
              ]
            },
            "store.failed": {
              "target": "recovering",
              "actions": [
                "cancelReturns",
                "forgetReturns",
                "stopAll"
              ]
            }
          }
        },
        "recovering": {
          "after": {
            "storeRetry": {
              "target": "recovering",
              "reenter": true,
              "actions": "tryStore"
            }
          },
          "on": {
            "store.recovered": "serving"
          }
        }
      }
    },
    "draining": {
      "entry": [
        "cancelReturns",
        "forgetReturns"
      ],
      "on": {
        "drained": "stopped"
      }
    },
    "stopped": {
      "type": "final"
    }
  }
})
