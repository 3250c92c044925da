# What examples/secure-cluster.yaml says, as people write it in Terraform.
data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "this" {
  name     = "rg-prod-weu"
  location = var.location
  tags     = { owner = "platform", data = "confidential" }
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-prod-weu"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.20.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = ["10.20.0.0/22"]
}

resource "azurerm_network_security_group" "nodes" {
  name                = "nsg-nodes"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
}

resource "azurerm_subnet_network_security_group_association" "nodes" {
  subnet_id                 = azurerm_subnet.nodes.id
  network_security_group_id = azurerm_network_security_group.nodes.id
}

resource "azurerm_public_ip" "out" {
  name                = "pip-out"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  allocation_method   = "Static"
  sku                 = "Standard"
}

resource "azurerm_nat_gateway" "out" {
  name                = "nat-out"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  sku_name            = "Standard"
}

resource "azurerm_nat_gateway_public_ip_association" "out" {
  nat_gateway_id       = azurerm_nat_gateway.out.id
  public_ip_address_id = azurerm_public_ip.out.id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.out.id
}

resource "azurerm_user_assigned_identity" "all" {
  for_each            = toset(["cluster", "kubelet"])
  name                = "id-${each.key}"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
}

resource "azurerm_key_vault" "disks" {
  name                       = "kv-prod-weu-disks"
  location                   = var.location
  resource_group_name        = azurerm_resource_group.this.name
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "premium"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true
  soft_delete_retention_days = 90
}

resource "azurerm_role_assignment" "officer" {
  scope                = azurerm_key_vault.disks.id
  role_definition_name = "Key Vault Crypto Officer"
  principal_id         = data.azurerm_client_config.me.object_id
  principal_type       = "ServicePrincipal"  # so that nobody waits until the directory has told everybody
}

resource "azurerm_key_vault_key" "disks" {
  name         = "disks"
  key_vault_id = azurerm_key_vault.disks.id
  key_type     = "RSA-HSM"
  key_size     = 3072
  key_opts     = ["unwrapKey", "wrapKey"]
  rotation_policy {
    expire_after         = "P120D"
    notify_before_expiry = "P30D"
    automatic { time_after_creation = "P90D" }
  }
  depends_on = [azurerm_role_assignment.officer]
}

resource "azurerm_disk_encryption_set" "this" {
  name                      = "des-prod-weu"
  location                  = var.location
  resource_group_name       = azurerm_resource_group.this.name
  key_vault_key_id          = azurerm_key_vault_key.disks.versionless_id
  auto_key_rotation_enabled = true
  identity { type = "SystemAssigned" }
}

resource "azurerm_container_registry" "this" {
  name                = "crprodweu01"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  sku                 = "Premium"
  admin_enabled       = false
}

resource "azurerm_log_analytics_workspace" "this" {
  name                = "log-prod-weu"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  sku                 = "PerGB2018"
  retention_in_days   = 30
}

resource "azurerm_role_assignment" "identities" {
  for_each = {
    network = [azurerm_subnet.nodes.id, "Network Contributor", azurerm_user_assigned_identity.all["cluster"].principal_id]
    kubelet = [azurerm_user_assigned_identity.all["kubelet"].id, "Managed Identity Operator", azurerm_user_assigned_identity.all["cluster"].principal_id]
    pull    = [azurerm_container_registry.this.id, "AcrPull", azurerm_user_assigned_identity.all["kubelet"].principal_id]
    reads   = [azurerm_disk_encryption_set.this.id, "Reader", azurerm_user_assigned_identity.all["cluster"].principal_id]
    disks   = [azurerm_key_vault.disks.id, "Key Vault Crypto Service Encryption User", azurerm_disk_encryption_set.this.identity[0].principal_id]
  }
  scope                = each.value[0]
  role_definition_name = each.value[1]
  principal_id         = each.value[2]
  principal_type       = "ServicePrincipal"  # so that nobody waits until the directory has told everybody
}

resource "azurerm_kubernetes_cluster" "this" {
  name                         = "aks-prod-weu"
  location                     = var.location
  resource_group_name          = azurerm_resource_group.this.name
  dns_prefix                   = "prod-weu"
  sku_tier                     = "Standard"
  local_account_disabled       = true
  run_command_enabled          = false
  oidc_issuer_enabled          = true
  workload_identity_enabled    = true
  azure_policy_enabled         = true
  image_cleaner_enabled        = true
  image_cleaner_interval_hours = 168
  automatic_upgrade_channel    = "patch"
  node_os_upgrade_channel      = "NodeImage"
  disk_encryption_set_id       = azurerm_disk_encryption_set.this.id
  tags                         = { owner = "platform", data = "confidential" }

  default_node_pool {
    name                         = "system"
    node_count                   = 3
    vm_size                      = "Standard_D4ds_v5"
    zones                        = ["1", "2", "3"]
    vnet_subnet_id               = azurerm_subnet.nodes.id
    only_critical_addons_enabled = true
    upgrade_settings { max_surge = "33%" }
  }
  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.all["cluster"].id]
  }
  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.all["kubelet"].client_id
    object_id                 = azurerm_user_assigned_identity.all["kubelet"].principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.all["kubelet"].id
  }
  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_policy      = "cilium"
    network_data_plane  = "cilium"
    outbound_type       = "userAssignedNATGateway"
    pod_cidr            = "10.244.0.0/16"
    service_cidr        = "172.16.0.0/16"
    dns_service_ip      = "172.16.0.10"
  }
  api_server_access_profile { authorized_ip_ranges = ["203.0.113.0/24", "${azurerm_public_ip.out.ip_address}/32"] }
  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    admin_group_object_ids = [var.admins]
  }
  microsoft_defender { log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id }
  maintenance_window_auto_upgrade {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = "Sunday"
    duration    = 4
    start_time  = "01:00"
    utc_offset  = "+01:00"
  }
  node_provisioning_profile { mode = "Manual" }
  depends_on = [azurerm_role_assignment.identities, azurerm_subnet_nat_gateway_association.nodes,
                azurerm_subnet_network_security_group_association.nodes]
}

resource "azurerm_kubernetes_cluster_node_pool" "work" {
  name                  = "work"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.this.id
  vm_size               = "Standard_D8ds_v5"
  auto_scaling_enabled  = true
  min_count             = 3
  max_count             = 9
  zones                 = ["1", "2", "3"]
  vnet_subnet_id        = azurerm_subnet.nodes.id
  upgrade_settings { max_surge = "10%" }
}

resource "azurerm_role_assignment" "shop" {
  scope                = "${azurerm_kubernetes_cluster.this.id}/namespaces/shop"
  role_definition_name = "Azure Kubernetes Service RBAC Writer"
  principal_id         = "8a1d7e42-03bc-4f6e-8b1d-2c9f5e7a6d13"
  principal_type       = "Group"
}

resource "azurerm_monitor_diagnostic_setting" "cluster" {
  name                       = "to-log"
  target_resource_id         = azurerm_kubernetes_cluster.this.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
  dynamic "enabled_log" {
    for_each = ["kube-audit-admin", "guard"]
    content { category = enabled_log.value }
  }
}
