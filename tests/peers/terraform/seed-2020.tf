# What examples/seed-2020.yaml says, as people write it in Terraform: into a network that is there already, with a disk key of its own.
data "azurerm_client_config" "me" {}

data "azurerm_subnet" "nodes" {
  name                 = "snet-aks"
  virtual_network_name = "vnet-hub"
  resource_group_name  = "rg-hub"
}

resource "azurerm_resource_group" "this" {
  name     = "rg-seed"
  location = var.location
}

resource "azurerm_user_assigned_identity" "cluster" {
  name                = "id-seed"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
}

resource "azurerm_role_assignment" "network" {
  scope                = data.azurerm_subnet.nodes.id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
  principal_type       = "ServicePrincipal"  # so that nobody waits until the directory has told everybody
}

resource "azurerm_key_vault" "disks" {
  name                       = "kv-seed-disks-01"
  location                   = var.location
  resource_group_name        = azurerm_resource_group.this.name
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
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
  key_type     = "RSA"
  key_size     = 3072
  key_opts     = ["unwrapKey", "wrapKey"]
  depends_on   = [azurerm_role_assignment.officer]
}

resource "azurerm_disk_encryption_set" "this" {
  name                = "des-seed"
  location            = var.location
  resource_group_name = azurerm_resource_group.this.name
  key_vault_key_id    = azurerm_key_vault_key.disks.id
  identity { type = "SystemAssigned" }
}

resource "azurerm_role_assignment" "disks" {
  scope                = azurerm_key_vault.disks.id
  role_definition_name = "Key Vault Crypto Service Encryption User"
  principal_id         = azurerm_disk_encryption_set.this.identity[0].principal_id
  principal_type       = "ServicePrincipal"  # so that nobody waits until the directory has told everybody
}

resource "azurerm_role_assignment" "reads" {
  scope                = azurerm_disk_encryption_set.this.id
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
  principal_type       = "ServicePrincipal"  # so that nobody waits until the directory has told everybody
}

resource "azurerm_kubernetes_cluster" "this" {
  name                   = "aks-seed"
  location               = var.location
  resource_group_name    = azurerm_resource_group.this.name
  dns_prefix             = "seed"
  disk_encryption_set_id = azurerm_disk_encryption_set.this.id

  default_node_pool {
    name           = "system"
    node_count     = 3
    vm_size        = "Standard_D4ds_v5"
    vnet_subnet_id = data.azurerm_subnet.nodes.id
    upgrade_settings { max_surge = "10%" }
  }
  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }
  network_profile {
    network_plugin = "azure"
    network_policy = "azure"
    service_cidr   = "172.16.0.0/16"
    dns_service_ip = "172.16.0.10"
  }
  azure_active_directory_role_based_access_control {
    admin_group_object_ids = [var.admins]
  }
  node_provisioning_profile { mode = "Manual" }
  depends_on = [azurerm_role_assignment.network, azurerm_role_assignment.disks, azurerm_role_assignment.reads]
}
