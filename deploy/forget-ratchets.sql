-- For a store that was restored from a backup, before it is used: with keys of before nothing is encrypted any more. The next message to
-- somebody begins a fresh session, the next one to a group has a fresh key; what others' keys of before can still read stays readable.
DELETE FROM keys WHERE type IN ('session', 'sender-key-memory');
-- A sender key is called group::user::device, the user of a LID with _1 behind it; these are the account's own.
DELETE FROM keys WHERE type = 'sender-key' AND EXISTS (
  SELECT 1 FROM sessions s JOIN events e ON e.stream_id = s.stream_id AND e.seq = s.state_seq
  WHERE s.stream_id = keys.stream_id AND CASE WHEN json_valid(e.context) THEN
    instr(keys.id, '::' || replace(json_extract(e.context, '$.lid'), '@lid', '_1') || '::') > 0
    OR instr(keys.id, '::' || json_extract(e.context, '$.waId') || '::') > 0
  END
);
