/* http_flow: a request's way through its handlers, as the library below sees
 * it. Source: libmicrohttpd manual, "MHD_AccessHandlerCallback". Private to
 * http.c. */
#ifndef ST_SERVER_HTTP_FLOW_H
#define ST_SERVER_HTTP_FLOW_H

#include "server/http_impl.h"

/* cls: the st_http. Called on the thread of the connection. */
enum MHD_Result st_flow_access(void *cls, struct MHD_Connection *wire,
                               const char *url, const char *method,
                               const char *version, const char *data,
                               size_t *bytes, void **context);
/* The first line is here. */
void *st_flow_target(void *cls, const char *raw, struct MHD_Connection *wire);
void st_flow_completed(void *cls, struct MHD_Connection *wire, void **context,
                       enum MHD_RequestTerminationCode why);
void st_flow_connection(void *cls, struct MHD_Connection *wire,
                        void **socket_context,
                        enum MHD_ConnectionNotificationCode what);

#endif
