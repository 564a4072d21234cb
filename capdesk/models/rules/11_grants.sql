-- What the application role may do. Facts enter only through functions; ledger rows it inserts itself only by the
-- columns named here; nothing else may change.

REVOKE ALL ON ALL TABLES IN SCHEMA capdesk FROM PUBLIC, capdesk_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA capdesk FROM PUBLIC, capdesk_app;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA capdesk FROM PUBLIC, capdesk_app;
REVOKE ALL ON SCHEMA capdesk FROM PUBLIC, capdesk_app;
GRANT USAGE ON SCHEMA capdesk TO capdesk_app;
GRANT SELECT ON ALL TABLES IN SCHEMA capdesk TO capdesk_app;

GRANT UPDATE (zone, phone_region, recipients, weekly_weekday, weekly_time, daily_time, gcp_label_key,
              mail_from, mail_host, mail_port, mail_user, mail_security) ON desk TO capdesk_app;
GRANT UPDATE (name, email) ON app_user TO capdesk_app;
GRANT INSERT (name, active), UPDATE (name, active) ON product TO capdesk_app;
GRANT INSERT (product_id, name, description, owner_user_id, status, start_date, end_date, capital_budget_usd),
      UPDATE (product_id, name, description, status, start_date, end_date, capital_budget_usd) ON campaign TO capdesk_app;
GRANT INSERT (campaign_id, name, hypothesis, capital_cap_usd, time_cap_days, tranche_size_usd, primary_success_event, secondary_events),
      UPDATE (name, hypothesis, capital_cap_usd, time_cap_days, tranche_size_usd, primary_success_event, secondary_events)
      ON experiment TO capdesk_app;
GRANT INSERT (experiment_id, event_type, bonus_amount_usd), UPDATE (bonus_amount_usd), DELETE ON bonus_rule TO capdesk_app;
GRANT INSERT (name, email, role, active), UPDATE (name, email, role, active) ON team_member TO capdesk_app;
GRANT UPDATE (phone, name, email, extra) ON lead_contact TO capdesk_app;
GRANT UPDATE (phone, own_number) ON twilio_call TO capdesk_app;
GRANT UPDATE (phone, metadata_json) ON call_detail, event_detail TO capdesk_app;

GRANT INSERT (experiment_id, capital_cap_usd, time_cap_days, tranche_size_usd, verdict, reason, recommended_next_action,
              admin_notes, snapshot, as_of, admin_user_id) ON evaluation TO capdesk_app;
GRANT INSERT (evaluation_id, admin_user_id, rationale) ON override_log TO capdesk_app;
GRANT INSERT (kind, period, recipient, experiment_id, about) ON notification_log TO capdesk_app;
GRANT INSERT (notification_id, number, message_id) ON notification_attempt TO capdesk_app;
GRANT INSERT (notification_id, attempt_id, outcome, detail) ON notification_outcome TO capdesk_app;

GRANT INSERT (provider, account, base_url, settings, active), UPDATE (base_url, settings, active) ON connection TO capdesk_app;
GRANT INSERT (connection_id, source) ON sync_run TO capdesk_app;
GRANT INSERT (run_id, account, first_day, through, rows, landed, difference_usd, batch_id) ON sync_step TO capdesk_app;
GRANT INSERT (run_id, outcome, detail, bytes_billed) ON sync_outcome TO capdesk_app;

GRANT INSERT (batch_id, line, field, reason) ON import_reject TO capdesk_app;
GRANT DELETE ON import_reject TO capdesk_app;
GRANT INSERT (kind, name, mapping), UPDATE (mapping), DELETE ON import_profile TO capdesk_app;
GRANT INSERT, DELETE ON staged_call, staged_event, staged_time_log, staged_lead, staged_charge, staged_coverage,
                        staged_twilio_call TO capdesk_app;

GRANT INSERT (previous_hash, root, hash, rows) ON seal TO capdesk_app;
GRANT INSERT (seal_id, table_name, first_id, last_id, rows, hash) ON seal_block TO capdesk_app;

GRANT EXECUTE ON FUNCTION
  ledger_now(boolean), ledger_quiet_at(), ledger_newest(), ledger_seen(timestamptz), desk_zone(), round_half_even(numeric),
  create_desk(text, text, text, bytea), next_batch(),
  record_batch(bigint, text, text, text, text, bigint, bigint, bigint, bigint, bigint, jsonb, bigint),
  transition_experiment(bigint, text, timestamptz, bigint),
  set_member_rate(bigint, numeric, date), assign_member(bigint, bigint, date), dated_experiment(bigint, date, text),
  record_time_logs(bigint, bigint, boolean),
  set_lead_status(bigint, lead_status_name), record_leads(bigint, bigint),
  record_calls(bigint, bigint, text, boolean), record_events(bigint, bigint, boolean),
  record_charges(bigint, boolean), unknown_twilio_calls(bigint),
  record_twilio_calls(bigint), map_charges(provider_name, text, text, text, bigint, bigint),
  mapping_of(provider_name, text, text, text), caps_in_force(bigint), experiment_rules(bigint),
  reverse_event(bigint, text, bigint), reverse_call(bigint, text, bigint), reverse_time_log(bigint, text, bigint)
TO capdesk_app;
