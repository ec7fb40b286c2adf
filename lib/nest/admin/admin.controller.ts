/** The routes of the admin page. Each is behind the guards of the option `admin`, like those of any controller. */
import { Controller, Get, Inject, Param, Req, Res, type Type, UseGuards } from '@nestjs/common';
import type { ResolvedAdminOptions } from './admin-options.js';
import { AdminPage, type PageRequest } from './admin-page.js';

/** Creates the controller for a path and its guards, which are fixed before the module is created. */
export function adminController({ path, guards }: ResolvedAdminOptions): Type {
  @Controller(path)
  @UseGuards(...guards)
  class AdminController {
    constructor(@Inject(AdminPage) private readonly page: AdminPage) {}

    @Get()
    html(@Req() request: PageRequest, @Res() response: unknown): Promise<void> {
      return this.page.sendHtml(request, response);
    }

    @Get('ticket')
    ticket(@Req() request: PageRequest, @Res() response: unknown): void {
      this.page.sendTicket(request, response);
    }

    @Get(':file')
    file(@Param('file') file: string, @Req() request: PageRequest, @Res() response: unknown): Promise<void> {
      return this.page.sendFile(file, request, response);
    }

    @Get('views/:file')
    view(@Param('file') file: string, @Req() request: PageRequest, @Res() response: unknown): Promise<void> {
      return this.page.sendFile(`views/${file}`, request, response);
    }
  }
  return AdminController;
}
