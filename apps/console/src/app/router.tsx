import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { AlarmScreen } from '../screens/alarm/alarm-screen.tsx'
import { filterFromSearch } from '../screens/audit/audit-filter.ts'
import { NoAlarmOpen } from '../screens/queue/no-alarm-open.tsx'
import { QueueScreen } from '../screens/queue/queue-screen.tsx'
import { Frame } from './frame.tsx'
import { NotFound, ScreenFailed } from './screen-failed.tsx'

// The queue and the alarm are in the first load: they must be there when the network is not. The rest comes when asked for.
const root = createRootRoute({ component: Frame, notFoundComponent: NotFound })
const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: () => (<Navigate to="/alarms" replace />) as ReactNode,
})
const alarms = createRoute({ getParentRoute: () => root, path: '/alarms', component: QueueScreen })
const noAlarm = createRoute({ getParentRoute: () => alarms, path: '/', component: NoAlarmOpen })
const alarm = createRoute({ getParentRoute: () => alarms, path: '$alarmId', component: AlarmScreen })
const sites = createRoute({
  getParentRoute: () => root,
  path: '/sites',
  component: lazyRouteComponent(() => import('../screens/sites/sites-screen.tsx'), 'SitesScreen'),
})
const newSite = createRoute({
  getParentRoute: () => root,
  path: '/sites/new',
  component: lazyRouteComponent(() => import('../screens/sites/site-editor.tsx'), 'NewSiteScreen'),
})
const site = createRoute({
  getParentRoute: () => root,
  path: '/sites/$siteId',
  component: lazyRouteComponent(() => import('../screens/sites/site-screen.tsx'), 'SiteScreen'),
})
const editSite = createRoute({
  getParentRoute: () => root,
  path: '/sites/$siteId/edit',
  component: lazyRouteComponent(() => import('../screens/sites/site-editor.tsx'), 'EditSiteScreen'),
})
const panels = createRoute({
  getParentRoute: () => root,
  path: '/panels',
  component: lazyRouteComponent(() => import('../screens/panels/panels-screen.tsx'), 'PanelsScreen'),
})
const panel = createRoute({
  getParentRoute: () => root,
  path: '/panels/$panelId',
  component: lazyRouteComponent(() => import('../screens/panels/panel-screen.tsx'), 'PanelScreen'),
})
const newPanel = createRoute({
  getParentRoute: () => root,
  path: '/sites/$siteId/panels/new',
  component: lazyRouteComponent(() => import('../screens/panels/panel-editor.tsx'), 'NewPanelScreen'),
})
const editPanel = createRoute({
  getParentRoute: () => root,
  path: '/panels/$panelId/edit',
  component: lazyRouteComponent(() => import('../screens/panels/panel-editor.tsx'), 'EditPanelScreen'),
})
const simulation = createRoute({
  getParentRoute: () => root,
  path: '/simulation',
  component: lazyRouteComponent(() => import('../screens/simulator-screen.tsx'), 'SimulatorScreen'),
})
const system = createRoute({
  getParentRoute: () => root,
  path: '/system',
  component: lazyRouteComponent(() => import('../screens/system-screen.tsx'), 'SystemScreen'),
})
const deadLetters = createRoute({
  getParentRoute: () => root,
  path: '/system/dead-letters',
  component: lazyRouteComponent(() => import('../screens/dead-letters/dead-letters-screen.tsx'), 'DeadLettersScreen'),
})
const admin = createRoute({
  getParentRoute: () => root,
  path: '/admin',
  component: lazyRouteComponent(() => import('./admin-frame.tsx'), 'AdminFrame'),
})
const adminStart = createRoute({
  getParentRoute: () => admin,
  path: '/',
  component: lazyRouteComponent(() => import('./admin-frame.tsx'), 'AdminStart'),
})
const people = createRoute({
  getParentRoute: () => admin,
  path: '/people',
  component: lazyRouteComponent(() => import('../screens/people/people-screen.tsx'), 'PeopleScreen'),
})
const newPerson = createRoute({
  getParentRoute: () => admin,
  path: '/people/new',
  component: lazyRouteComponent(() => import('../screens/people/new-person-screen.tsx'), 'NewPersonScreen'),
})
const person = createRoute({
  getParentRoute: () => admin,
  path: '/people/$userId',
  component: lazyRouteComponent(() => import('../screens/people/person-screen.tsx'), 'PersonScreen'),
})
const roles = createRoute({
  getParentRoute: () => admin,
  path: '/roles',
  component: lazyRouteComponent(() => import('../screens/people/roles-screen.tsx'), 'RolesScreen'),
})
const audit = createRoute({
  getParentRoute: () => admin,
  path: '/audit',
  validateSearch: filterFromSearch,
  component: lazyRouteComponent(() => import('../screens/audit/audit-screen.tsx'), 'AuditScreen'),
})
const profile = createRoute({
  getParentRoute: () => root,
  path: '/profile',
  component: lazyRouteComponent(() => import('../screens/profile/profile-screen.tsx'), 'ProfileScreen'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    start,
    alarms.addChildren([noAlarm, alarm]),
    sites,
    newSite,
    site,
    editSite,
    panels,
    panel,
    newPanel,
    editPanel,
    simulation,
    system,
    deadLetters,
    profile,
    admin.addChildren([adminStart, people, newPerson, person, roles, audit]),
  ]),
  defaultErrorComponent: ScreenFailed,
  // Fetched when a finger or pointer is about to press: most changes of screen need no wait.
  defaultPreload: 'intent',
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
