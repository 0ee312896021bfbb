package main

import "strings"

// Sections of Grafana's conf/defaults.ini, and those of its Enterprise edition that stacks set. Grafana ignores others
// without a word, so a misspelt one is an error here.
var knownSections = setOf(`
DEFAULT paths server database remote_cache dataproxy analytics security security.encryption snapshots dashboards
dashboard_cleanup datasources users secretscan service_accounts auth sso_settings auth.anonymous auth.github auth.gitlab
auth.google auth.grafananet auth.grafana_com auth.azuread auth.okta auth.generic_oauth auth.basic auth.proxy auth.jwt
auth.extended_jwt auth.ldap auth.saml passwordless.magic_link aws azure rbac zanzana.client zanzana.server smtp
smtp.static_headers emails log log.console log.file log.syslog log.frontend quota unified_alerting
unified_alerting.screenshots unified_alerting.reserved_labels unified_alerting.state_history
unified_alerting.state_history.external_labels unified_alerting.state_history.annotations
unified_alerting.notification_history unified_alerting.prometheus_conversion unified_alerting.upgrade recording_rules
recording_rules.custom_headers remote.alertmanager annotations annotations.dashboard annotations.api explore help profile
news query query_history short_links metrics metrics.environment_info metrics.graphite grafana_net grafana_com
tracing.jaeger tracing.opentelemetry tracing.opentelemetry.jaeger tracing.opentelemetry.otlp external_image_storage
external_image_storage.s3 external_image_storage.webdav external_image_storage.gcs external_image_storage.azure_blob
external_image_storage.local rendering panels plugins live storage search enterprise white_labeling feature_toggles
feature_toggles.openfeature feature_management date_formats expressions geomap navigation.app_sections
navigation.app_standalone_pages secure_socks_datasource_proxy support_bundles public_dashboards cloud_migration
frontend_dev frontend openfeature environment grafana-apiserver grafana_advisor unified_storage provisioning operator
secrets_manager time_picker caching reporting auditing usage_insights
`)

func isKnownSection(name string) bool {
	return knownSections[name] || strings.HasPrefix(name, "plugin.") || strings.HasPrefix(name, "unified_storage.")
}

// What the settings are where neither the file nor the environment says otherwise.
var defaults = map[string]map[string]string{
	"paths":      {"data": "/var/lib/grafana", "logs": "/var/log/grafana", "provisioning": "/etc/grafana/provisioning"},
	"server":     {"protocol": "http", "http_port": "3000", "root_url": "http://localhost:3000/", "serve_from_sub_path": "false"},
	"security":   {"admin_user": "admin", "admin_password": "admin"},
	"auth.basic": {"enabled": "true"},
	"log":        {"mode": "console"},
	"metrics":    {"enabled": "true"},
}

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}
