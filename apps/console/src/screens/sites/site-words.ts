import type { SiteType, Text } from '@stam/contracts'

/** Kinds of premises, as people say them. */
export const siteTypeText: Record<SiteType, Text> = {
  SHOP: { pl: 'Sklep', en: 'Shop' },
  WAREHOUSE: { pl: 'Magazyn', en: 'Warehouse' },
  CLINIC: { pl: 'Placówka medyczna', en: 'Clinic' },
  OFFICE: { pl: 'Biuro', en: 'Office' },
  COLD_STORE: { pl: 'Chłodnia', en: 'Cold store' },
  HOME: { pl: 'Dom', en: 'Home' },
  INDUSTRY: { pl: 'Przemysł', en: 'Industry' },
  OTHER: { pl: 'Inny', en: 'Other' },
}
